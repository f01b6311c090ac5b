// A verb that is a method of the object which a request names.
#pragma once

#include "reply.h"
#include "session.h"

template <typename Call>
QJsonObject onMemory(Session &session, const Request &request, Call call) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    QJsonObject reply = timed([&] { return call(memory); });
    addError(reply, memory);
    return reply;
}

template <typename Call>
QJsonObject onSemaphore(Session &session, const Request &request, Call call) {
    QSystemSemaphore &semaphore = session.semaphores.find(request.object());
    QJsonObject reply = timed([&] { return call(semaphore); });
    addError(reply, semaphore);
    return reply;
}

// QSystemSemaphore's initial value, by default as in Qt.
inline int initialValue(const Request &request) {
    return request.has("initial") ? request.smallInteger("initial") : 0;
}
