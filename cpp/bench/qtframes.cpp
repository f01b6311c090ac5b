// qtframes-qtN write KEY SIZE SECONDS: writes a frame 30 times a second under the lock of
// KEY, as a program with a camera does, and tells how many it managed and for how long
// it waited for the lock at most. It begins with a line on stdin.
// qtframes-qtN read KEY: stays attached, waits for the lock to be taken, and copies each
// frame into one buffer under the lock, until stdin ends.
// qtframes-qtN keep KEY: the same, each frame into a QByteArray of its own.

#include <sys/resource.h>

#include <QtCore/QByteArray>
#include <QtCore/QSharedMemory>
#include <QtCore/QThread>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "waiting.h"

namespace {

// A frame has its number at both ends, from 1.
void put(QSharedMemory &memory, quint64 number) {
    auto *begin = static_cast<char *>(memory.data());
    std::memset(begin, int(number & 255), size_t(memory.size()));
    std::memcpy(begin, &number, sizeof number);
    std::memcpy(begin + memory.size() - sizeof number, &number, sizeof number);
}

int write(const QString &key, int size, int seconds) {
    QSharedMemory memory(key);
    if (!memory.create(size)) {
        fail("create");
    }
    std::puts("{}");
    std::fflush(stdout);
    std::getchar();
    const qint64 step = 1000000000 / 30;
    const qint64 begin = monotonic();
    qint64 longest = 0;
    quint64 frames = 0;
    for (qint64 due = 0, now = 0; due < seconds * qint64(1000000000); due = qint64(frames) * step) {
        if (now = monotonic() - begin; now < due) {
            QThread::usleep(static_cast<unsigned long>((due - now) / 1000));
        }
        if (now = monotonic(); now - begin >= seconds * qint64(1000000000)) {
            break;
        }
        memory.lock();
        longest = std::max(longest, monotonic() - now);
        put(memory, ++frames);
        memory.unlock();
    }
    std::printf("{\"frames\":%llu,\"longest_ns\":%lld}\n", static_cast<unsigned long long>(frames),
                static_cast<long long>(longest));
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}

std::mutex busy;  // held from a wake to the next wait
int seen = 0;
int torn = 0;

// Copies what is there into the memory of the frame before, or into its own as a program
// must that keeps frames.
void copy(QSharedMemory &memory, bool keeps, QByteArray &frame) {
    memory.lock();
    if (keeps) {
        frame = QByteArray(static_cast<const char *>(memory.constData()), int(memory.size()));
    } else {
        std::memcpy(frame.data(), memory.constData(), static_cast<size_t>(frame.size()));
    }
    memory.unlock();
}

void follow(const QString &key, bool keeps) {
    QSharedMemory memory(key);
    if (!memory.attach(QSharedMemory::ReadOnly)) {
        fail("attach");
    }
    QByteArray frame(int(memory.size()), '\0');
    // What is there now, as Watch does: later copies find all pages there.
    copy(memory, keeps, frame);
    std::puts("{}");
    std::fflush(stdout);
    quint64 last = 0;
    for (const int id = semaphoreOf(memory);;) {
        awaitZero(id);
        const std::lock_guard<std::mutex> guard(busy);
        copy(memory, keeps, frame);
        quint64 number = 0, end = 0;
        std::memcpy(&number, frame.constData(), sizeof number);
        std::memcpy(&end, frame.constData() + frame.size() - sizeof end, sizeof end);
        torn += number != end;
        seen += number != last;
        last = number;
    }
}

int read(const QString &key, bool keeps) {
    std::thread(follow, key, keeps).detach();
    while (std::getchar() != EOF) {
    }
    const std::lock_guard<std::mutex> guard(busy);
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"seen\":%d,\"torn\":%d,\"peak_kb\":%ld}\n", seen, torn, usage.ru_maxrss);
    std::fflush(stdout);
    std::_Exit(0);
}

}  // namespace

int main(int argc, char **argv) {
    const QString key = QString::fromLocal8Bit(argc > 2 ? argv[2] : "");
    if (argc == 5 && std::strcmp(argv[1], "write") == 0) {
        return write(key, std::atoi(argv[3]), std::atoi(argv[4]));
    }
    const bool keeps = std::strcmp(argv[argc > 1 ? 1 : 0], "keep") == 0;
    if (argc == 3 && (keeps || std::strcmp(argv[1], "read") == 0)) {
        return read(key, keeps);
    }
    std::fprintf(stderr, "usage: qtframes write KEY SIZE SECONDS | read KEY | keep KEY\n");
    return 2;
}
