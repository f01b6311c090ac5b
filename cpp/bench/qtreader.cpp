// qtreader-qtN stay|attach|anew KEY: the best that a C++ program with Qt can do to have
// each message soon, to compare Watch with. It prints what testpeer's poller does with
// --collect: the first content at once, the others when stdin ends.
//
//   stay    KEY of setKey; stays attached, and waits for the peer's lock to be taken
//   attach  the same, attached for the time of a copy
//   anew    KEY is a native key; waits for its file to be made

#include <sched.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <QtCore/QByteArray>
#include <QtCore/QFileInfo>
#include <QtCore/QSharedMemory>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "waiting.h"

namespace {

struct Content {
    QByteArray bytes;
    qint64 nanoseconds;  // when they had been copied
};

std::mutex busy;  // held from a wake to the next wait, so that the end is in between
std::vector<Content> collected;
QByteArray last;

void print(const Content &content) {
    std::printf("{\"base64\":\"%s\",\"ns\":%lld}\n", content.bytes.toBase64().constData(),
                static_cast<long long>(content.nanoseconds));
}

QByteArray copyOf(const QSharedMemory &memory) {
    return QByteArray(static_cast<const char *>(memory.constData()), int(memory.size()));
}

void take(const QByteArray &bytes, qint64 now) {
    if (bytes != last) {
        collected.push_back({bytes, now});
        last = bytes;
    }
}

void copyLocked(QSharedMemory &memory) {
    memory.lock();
    const QByteArray bytes = copyOf(memory);
    const qint64 now = monotonic();
    memory.unlock();
    take(bytes, now);
}

void stay(const QString &key) {
    QSharedMemory memory(key);
    if (!memory.attach(QSharedMemory::ReadOnly)) {
        fail("attach");
    }
    for (const int id = semaphoreOf(memory);;) {
        awaitZero(id);
        const std::lock_guard<std::mutex> guard(busy);
        copyLocked(memory);
    }
}

void attach(const QString &key) {
    for (const int id = semaphoreOf(QSharedMemory(key));;) {
        awaitZero(id);
        const std::lock_guard<std::mutex> guard(busy);
        QSharedMemory memory;
        memory.setKey(key);
        if (memory.attach(QSharedMemory::ReadOnly)) {
            copyLocked(memory);
            memory.detach();
        }
    }
}

// The peer has made the key file. Its segment comes after that, what it writes there
// later still. What is still zero after a millisecond, or is not there, was not for us.
void copyNew(const QString &key) {
    const qint64 deadline = monotonic() + 1000000;
    do {
        QSharedMemory memory;
        memory.setNativeKey(key);
        if (!memory.attach(QSharedMemory::ReadOnly)) {
            continue;
        }
        QByteArray bytes = copyOf(memory);
        for (const QByteArray zeros(bytes.size(), '\0');
             (bytes == zeros || bytes == last) && monotonic() < deadline;) {
            sched_yield();
            bytes = copyOf(memory);
        }
        take(bytes, monotonic());
        memory.detach();
        return;
    } while (monotonic() < deadline);
}

void anew(const QString &key) {
    const QFileInfo file(key);
    const QByteArray name = QFile::encodeName(file.fileName());
    const int fd = inotify_init1(IN_CLOEXEC);
    if (inotify_add_watch(fd, QFile::encodeName(file.absolutePath()).constData(), IN_CREATE) < 0) {
        fail("inotify_add_watch");
    }
    for (alignas(inotify_event) char buffer[4096];;) {
        const ssize_t length = read(fd, buffer, sizeof buffer);
        const std::lock_guard<std::mutex> guard(busy);
        bool isOurs = false;
        for (ssize_t at = 0; at < length;) {
            const auto *event = reinterpret_cast<const inotify_event *>(buffer + at);
            isOurs |= event->len > 0 && name == event->name;
            at += ssize_t(sizeof *event + event->len);
        }
        if (isOurs) {
            copyNew(key);
        }
    }
}

// What is there now.
QByteArray first(const QString &key, bool isNative) {
    QSharedMemory memory;
    isNative ? memory.setNativeKey(key) : memory.setKey(key);
    if (!memory.attach(QSharedMemory::ReadOnly)) {
        fail("attach");
    }
    return copyOf(memory);
}

}  // namespace

int main(int argc, char **argv) {
    const QByteArray mode = argc == 3 ? argv[1] : "";
    const auto follow = mode == "stay"     ? stay
                        : mode == "attach" ? attach
                        : mode == "anew"   ? anew
                                           : nullptr;
    if (follow == nullptr) {
        std::fprintf(stderr, "usage: qtreader stay|attach|anew KEY\n");
        return 2;
    }
    const QString key = QString::fromLocal8Bit(argv[2]);
    last = first(key, follow == anew);
    print({last, monotonic()});
    std::fflush(stdout);
    std::thread(follow, key).detach();
    while (std::getchar() != EOF) {
    }
    const std::lock_guard<std::mutex> guard(busy);
    for (const Content &content : collected) {
        print(content);
    }
    std::fflush(stdout);
    std::_Exit(0);  // the thread is in a system call that nothing portable ends
}
