// sem.*: the public methods of QSystemSemaphore, one verb each.
#include "on_object.h"

namespace {

QJsonObject newSemaphore(Session &session, const Request &request) {
    session.semaphores.mustBeFree(request.object());
    const QString key = request.stringOrNull("key");
    const int initial = initialValue(request);
    const auto mode = request.semaphoreMode();
    std::unique_ptr<QSystemSemaphore> semaphore;
    QJsonObject reply =
        timed([&] { semaphore = std::make_unique<QSystemSemaphore>(key, initial, mode); });
    addError(reply, *semaphore);
    session.semaphores.add(request.object(), std::move(semaphore));
    return reply;
}

QJsonObject deleteSemaphore(Session &session, const Request &request) {
    std::unique_ptr<QSystemSemaphore> semaphore = session.semaphores.take(request.object());
    return timed([&] { semaphore.reset(); });
}

QJsonObject setKey(Session &session, const Request &request) {
    const QString key = request.stringOrNull("key");
    const int initial = initialValue(request);
    const auto mode = request.semaphoreMode();
    return onSemaphore(session, request,
                       [&](QSystemSemaphore &semaphore) { semaphore.setKey(key, initial, mode); });
}

QJsonObject release(Session &session, const Request &request) {
    const int n = request.has("n") ? request.smallInteger("n") : 1;  // Qt's own default
    return onSemaphore(session, request,
                       [&](QSystemSemaphore &semaphore) { return semaphore.release(n); });
}

// A verb for a method without arguments.
template <typename Call>
Verb plain(Call call) {
    return [call](Session &session, const Request &request) {
        return onSemaphore(session, request, call);
    };
}

}  // namespace

VerbTable semaphoreVerbs() {
    return {
        {"sem.new", newSemaphore},
        {"sem.delete", deleteSemaphore},
        {"sem.setKey", setKey},
        {"sem.key", plain([](QSystemSemaphore &semaphore) { return semaphore.key(); })},
        {"sem.acquire", plain([](QSystemSemaphore &semaphore) { return semaphore.acquire(); })},
        {"sem.release", release},
        {"sem.error", plain([](QSystemSemaphore &semaphore) { return semaphore.error(); })},
        {"sem.errorString",
         plain([](QSystemSemaphore &semaphore) { return semaphore.errorString(); })},
    };
}
