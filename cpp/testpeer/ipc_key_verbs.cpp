// What takes or returns a QNativeIpcKey, which Qt has since 6.6; with an earlier one
// there are no such verbs. A key is given and told as its text.
#include <QtGlobal>

#include "on_object.h"

#if QT_VERSION < QT_VERSION_CHECK(6, 6, 0)
VerbTable ipcKeyVerbs() { return {}; }
#else
#include <QNativeIpcKey>

namespace {

using Type = QNativeIpcKey::Type;

QNativeIpcKey keyArgument(const Request &request) {
    return QNativeIpcKey::fromString(request.string("key"));
}

Type typeArgument(const Request &request) { return Type(request.smallInteger("type")); }

QJsonObject newSegment(Session &session, const Request &request) {
    session.segments.mustBeFree(request.object());
    const QNativeIpcKey key = keyArgument(request);
    std::unique_ptr<Segment> segment;
    QJsonObject reply = timed([&] { segment = std::make_unique<Segment>(key); });
    addError(reply, segment->memory);
    session.segments.add(request.object(), std::move(segment));
    return reply;
}

QJsonObject setKeyOfSegment(Session &session, const Request &request) {
    const QNativeIpcKey key = keyArgument(request);
    return onMemory(session, request, [&](QSharedMemory &memory) { memory.setNativeKey(key); });
}

QJsonObject setTypedKeyOfSegment(Session &session, const Request &request) {
    const QString key = request.stringOrNull("key");
    const Type type = typeArgument(request);
    return onMemory(session, request,
                    [&](QSharedMemory &memory) { memory.setNativeKey(key, type); });
}

QJsonObject keyOfSegment(Session &session, const Request &request) {
    return onMemory(session, request,
                    [](QSharedMemory &memory) { return memory.nativeIpcKey().toString(); });
}

QJsonObject newSemaphore(Session &session, const Request &request) {
    session.semaphores.mustBeFree(request.object());
    const QNativeIpcKey key = keyArgument(request);
    const int initial = initialValue(request);
    const auto mode = request.semaphoreMode();
    std::unique_ptr<QSystemSemaphore> semaphore;
    QJsonObject reply =
        timed([&] { semaphore = std::make_unique<QSystemSemaphore>(key, initial, mode); });
    addError(reply, *semaphore);
    session.semaphores.add(request.object(), std::move(semaphore));
    return reply;
}

QJsonObject setKeyOfSemaphore(Session &session, const Request &request) {
    const QNativeIpcKey key = keyArgument(request);
    const int initial = initialValue(request);
    const auto mode = request.semaphoreMode();
    return onSemaphore(session, request, [&](QSystemSemaphore &semaphore) {
        semaphore.setNativeKey(key, initial, mode);
    });
}

QJsonObject setTypedKeyOfSemaphore(Session &session, const Request &request) {
    const QString key = request.stringOrNull("key");
    const int initial = initialValue(request);
    const auto mode = request.semaphoreMode();
    const Type type = typeArgument(request);
    return onSemaphore(session, request, [&](QSystemSemaphore &semaphore) {
        semaphore.setNativeKey(key, initial, mode, type);
    });
}

QJsonObject keyOfSemaphore(Session &session, const Request &request) {
    return onSemaphore(session, request, [](QSystemSemaphore &semaphore) {
        return semaphore.nativeIpcKey().toString();
    });
}

// A verb for isKeyTypeSupported() of a class.
Verb isSupported(bool (*function)(Type)) {
    return [function](Session &, const Request &request) {
        const Type type = typeArgument(request);
        return timed([&] { return function(type); });
    };
}

// A verb for a function that makes a key of a text and a type.
Verb made(QNativeIpcKey (*function)(const QString &, Type)) {
    return [function](Session &, const Request &request) {
        const QString key = request.stringOrNull("key");
        const Type type = typeArgument(request);
        return timed([&] { return function(key, type).toString(); });
    };
}

QJsonObject parse(Session &, const Request &request) {
    const QString text = request.string("key");
    QNativeIpcKey key;
    QJsonObject reply = timed([&] {
        key = QNativeIpcKey::fromString(text);
        return key.toString();
    });
    reply["nativeKey"] = key.nativeKey();
    reply["type"] = int(key.type());
    return reply;
}

}  // namespace

VerbTable ipcKeyVerbs() {
    return {
        {"shm.newNativeIpc", newSegment},
        {"shm.setNativeIpcKey", setKeyOfSegment},
        {"shm.setNativeKeyType", setTypedKeyOfSegment},
        {"shm.nativeIpcKey", keyOfSegment},
        {"shm.isKeyTypeSupported", isSupported(QSharedMemory::isKeyTypeSupported)},
        {"shm.platformSafeKey", made(QSharedMemory::platformSafeKey)},
        {"shm.legacyNativeKey", made(QSharedMemory::legacyNativeKey)},
        {"sem.newNativeIpc", newSemaphore},
        {"sem.setNativeIpcKey", setKeyOfSemaphore},
        {"sem.setNativeKey", setTypedKeyOfSemaphore},
        {"sem.nativeIpcKey", keyOfSemaphore},
        {"sem.isKeyTypeSupported", isSupported(QSystemSemaphore::isKeyTypeSupported)},
        {"sem.platformSafeKey", made(QSystemSemaphore::platformSafeKey)},
        {"sem.legacyNativeKey", made(QSystemSemaphore::legacyNativeKey)},
        {"key.fromString", parse},
        {"key.toString",
         made([](const QString &key, Type type) { return QNativeIpcKey(key, type); })},
    };
}
#endif
