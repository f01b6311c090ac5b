//go:build linux || windows

// The loops of a C++ program, for benchmarks to be compared with.

#include <time.h>

#include <chrono>
#include <memory>
#include <vector>

#include "guard.h"
#include "nativetest.h"

using qtb::answer;
using qtb::guarded;
using qtb::utf8;

namespace {

QSharedMemory &object(void *memory) { return *static_cast<QSharedMemory *>(memory); }

// Runs step up to rounds times; a step that returns false ends it.
template <typename Object, typename Step>
qtb_result timed(const Object &m, int64_t rounds, Step step) {
    const auto start = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < rounds; ++i) {
        if (!step())
            return answer(m, 0);
    }
    const auto elapsed = std::chrono::steady_clock::now() - start;
    return answer(m, std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count());
}

// Keeps the compiler from leaving out a copy that nobody reads.
void touch(const void *p) { asm volatile("" : : "g"(p) : "memory"); }

int64_t threadTime() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

bool readOnce(QSharedMemory &m, void *to, size_t size) {
    if (!m.attach(QSharedMemory::ReadOnly) || !m.lock())
        return false;
    memcpy(to, m.constData(), size);
    touch(to);
    return m.unlock() && m.detach();
}

// The mission's writer, which has a fresh object for each message.
struct Writer {
    QString key;
    bool native;
    std::unique_ptr<QSharedMemory> memory;

    QSharedMemory::SharedMemoryError error() const { return memory->error(); }
    QString errorString() const { return memory->errorString(); }

    bool publish(const std::vector<char> &message) {
        memory.reset();  // detaches before the next one is made
        memory = std::make_unique<QSharedMemory>();
        native ? memory->setNativeKey(key) : memory->setKey(key);
        if (!memory->create(static_cast<int>(message.size())))
            return false;
        const bool locked = memory->lock();
        memcpy(memory->data(), message.data(), message.size());
        const bool unlocked = memory->unlock();
        return native || (locked && unlocked);
    }
};

}  // namespace

extern "C" {

qtb_result qtb_loop_lock(void *memory, int64_t rounds) {
    return guarded([&] {
        QSharedMemory &m = object(memory);
        return timed(m, rounds, [&] { return m.lock() && m.unlock(); });
    });
}

qtb_result qtb_loop_locked_write(void *memory, int64_t rounds, size_t size) {
    return guarded([&] {
        QSharedMemory &m = object(memory);
        std::vector<char> from(size, 'x');
        return timed(m, rounds, [&] {
            if (!m.lock())
                return false;
            memcpy(m.data(), from.data(), size);
            return m.unlock();
        });
    });
}

qtb_result qtb_loop_cycle(const char *key, size_t key_size, int64_t rounds, size_t size,
                          int32_t fresh) {
    return guarded([&] {
        std::vector<char> to(size);
        const QString name = utf8(key, key_size);
        QSharedMemory reused;
        reused.setKey(name);
        return timed(reused, rounds, [&] {
            if (fresh == 0)
                return readOnce(reused, to.data(), size);
            QSharedMemory m;
            m.setKey(name);
            return readOnce(m, to.data(), size);
        });
    });
}

qtb_result qtb_loop_publish(const char *key, size_t key_size, int32_t native, int64_t rounds,
                            size_t size) {
    return guarded([&] {
        const std::vector<char> message(size, 'x');
        Writer writer{utf8(key, key_size), native != 0, std::make_unique<QSharedMemory>()};
        return timed(writer, rounds, [&] { return writer.publish(message); });
    });
}

qtb_result qtb_loop_copy(void *memory, int64_t rounds) {
    return guarded([&] {
        QSharedMemory &m = object(memory);
        std::vector<char> to(static_cast<size_t>(m.size()));
        return timed(m, rounds, [&] {
            memcpy(to.data(), m.constData(), to.size());
            touch(to.data());
            return true;
        });
    });
}

qtb_result qtb_loop_acquire(const char *key, size_t key_size, int64_t rounds) {
    return guarded([&] {
        QSystemSemaphore s(utf8(key, key_size), 1, QSystemSemaphore::Open);
        return timed(s, rounds, [&] { return s.acquire() && s.release(); });
    });
}

int64_t qtb_loop_sleep(int64_t rounds, int64_t ns) {
    const timespec pause{time_t(ns / 1'000'000'000), long(ns % 1'000'000'000)};
    const int64_t start = threadTime();
    for (int64_t i = 0; i < rounds; ++i) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    return threadTime() - start;
}

}  // extern "C"
