// The part of a reply that every Qt call has: what it returned and how long it took.
#pragma once

#include <QElapsedTimer>
#include <QJsonObject>
#include <QJsonValue>
#include <QString>
#include <type_traits>
#include <utility>

#include "enum_names.h"

inline QJsonValue toJson(bool value) { return value; }
inline QJsonValue toJson(int value) { return value; }
inline QJsonValue toJson(qint64 value) { return value; }
inline QJsonValue toJson(const QString &value) {
    return value.isNull() ? QJsonValue(QJsonValue::Null) : QJsonValue(value);
}
inline QJsonValue toJson(QSharedMemory::SharedMemoryError error) { return enumName(error); }
inline QJsonValue toJson(QSystemSemaphore::SystemSemaphoreError error) { return enumName(error); }

// Runs the call and answers {"ret":...,"ns":...}; the time is the call's alone.
template <typename Call>
QJsonObject timed(Call &&call) {
    QJsonValue ret(QJsonValue::Null);
    QElapsedTimer timer;
    qint64 nanoseconds = 0;
    timer.start();
    if constexpr (std::is_void_v<decltype(call())>) {
        call();
        nanoseconds = timer.nsecsElapsed();
    } else {
        const auto value = call();
        nanoseconds = timer.nsecsElapsed();
        ret = toJson(value);
    }
    return {{"ret", ret}, {"ns", nanoseconds}};
}

// Adds the error state of a QSharedMemory or QSystemSemaphore after its call.
template <typename QtObject>
void addError(QJsonObject &reply, const QtObject &object) {
    reply["error"] = enumName(object.error());
    reply["code"] = static_cast<int>(object.error());
    reply["errorString"] = object.errorString();
}
