#include "stdin_end.h"

#include <QCoreApplication>
#include <mutex>
#include <thread>

#include "lines.h"

// Shared with the thread, which may outlive the application: nothing portable
// wakes a thread that waits for stdin.
struct StdinEnd::State {
    std::mutex mutex;
    bool listening = true;
};

StdinEnd::StdinEnd() : state_(std::make_shared<State>()) {
    std::thread([state = state_] {
        while (readLine()) {
        }
        const std::lock_guard<std::mutex> guard(state->mutex);
        if (state->listening) {
            QMetaObject::invokeMethod(
                QCoreApplication::instance(), [] { QCoreApplication::quit(); },
                Qt::QueuedConnection);
        }
    }).detach();
}

StdinEnd::~StdinEnd() {
    const std::lock_guard<std::mutex> guard(state_->mutex);
    state_->listening = false;
}
