// shm.*: the public methods of QSharedMemory, one verb each.
#include "on_object.h"

namespace {

QJsonObject newSegment(Session &session, const Request &request) {
    session.segments.mustBeFree(request.object());
    const bool hasKey = request.has("key");
    const QString key = hasKey ? request.stringOrNull("key") : QString();
    std::unique_ptr<Segment> segment;
    QJsonObject reply = timed(
        [&] { segment = hasKey ? std::make_unique<Segment>(key) : std::make_unique<Segment>(); });
    addError(reply, segment->memory);
    session.segments.add(request.object(), std::move(segment));
    return reply;
}

QJsonObject deleteSegment(Session &session, const Request &request) {
    std::unique_ptr<Segment> segment = session.segments.take(request.object());
    return timed([&] { segment.reset(); });
}

QJsonObject setKey(Session &session, const Request &request) {
    const QString key = request.stringOrNull("key");
    return onMemory(session, request, [&](QSharedMemory &memory) { memory.setKey(key); });
}

QJsonObject setNativeKey(Session &session, const Request &request) {
    const QString key = request.stringOrNull("key");
    return onMemory(session, request, [&](QSharedMemory &memory) { memory.setNativeKey(key); });
}

// Only a mapping that came about has the mode asked for.
QJsonObject rememberMode(Session &session, const Request &request, QJsonObject reply) {
    if (reply["ret"].toBool()) {
        session.segments.find(request.object()).mode = request.segmentMode();
    }
    return reply;
}

// Qt 5 takes an int: a larger size is cut by the conversion, as in any caller of it.
QJsonObject create(Session &session, const Request &request) {
    using Size = decltype(QSharedMemory().size());
    const Size size = static_cast<Size>(request.integer("size"));
    const auto mode = request.segmentMode();
    return rememberMode(session, request, onMemory(session, request, [&](QSharedMemory &memory) {
                            return memory.create(size, mode);
                        }));
}

QJsonObject attach(Session &session, const Request &request) {
    const auto mode = request.segmentMode();
    return rememberMode(session, request, onMemory(session, request, [&](QSharedMemory &memory) {
                            return memory.attach(mode);
                        }));
}

// A verb for a method without arguments.
template <typename Call>
Verb plain(Call call) {
    return [call](Session &session, const Request &request) {
        return onMemory(session, request, call);
    };
}

}  // namespace

VerbTable segmentVerbs() {
    return {
        {"shm.new", newSegment},
        {"shm.delete", deleteSegment},
        {"shm.setKey", setKey},
        {"shm.key", plain([](QSharedMemory &memory) { return memory.key(); })},
        {"shm.setNativeKey", setNativeKey},
        {"shm.nativeKey", plain([](QSharedMemory &memory) { return memory.nativeKey(); })},
        {"shm.create", create},
        {"shm.size", plain([](QSharedMemory &memory) { return qint64(memory.size()); })},
        {"shm.attach", attach},
        {"shm.isAttached", plain([](QSharedMemory &memory) { return memory.isAttached(); })},
        {"shm.detach", plain([](QSharedMemory &memory) { return memory.detach(); })},
        {"shm.data", plain([](QSharedMemory &memory) { return memory.data() != nullptr; })},
        {"shm.constData",
         plain([](QSharedMemory &memory) { return memory.constData() != nullptr; })},
        {"shm.lock", plain([](QSharedMemory &memory) { return memory.lock(); })},
        {"shm.unlock", plain([](QSharedMemory &memory) { return memory.unlock(); })},
        {"shm.error", plain([](QSharedMemory &memory) { return memory.error(); })},
        {"shm.errorString", plain([](QSharedMemory &memory) { return memory.errorString(); })},
    };
}
