// qtmessages-qtN send|receive KEY SIZE N: N messages of SIZE bytes from one process to
// another, by a segment with two semaphores, of which one counts the messages in there
// and the other the room. The sender makes all three, and begins with a line on stdin;
// the receiver prints how long all took, and the median of the delays.

#include <QtCore/QSharedMemory>
#include <QtCore/QSystemSemaphore>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "waiting.h"

namespace {

struct Channel {
    Channel(const QString &key, QSystemSemaphore::AccessMode mode)
        : memory(key), full(key + "full", 0, mode), room(key + "room", 1, mode) {}

    QSharedMemory memory;
    QSystemSemaphore full;
    QSystemSemaphore room;
};

void sayReady() {
    std::puts("{}");
    std::fflush(stdout);
}

int send(const QString &key, int size, int n) {
    Channel channel(key, QSystemSemaphore::Create);
    if (!channel.memory.create(size)) {
        fail("create");
    }
    std::vector<char> message(static_cast<size_t>(size), 'm');
    sayReady();
    std::getchar();
    for (int i = 0; i < n; ++i) {
        channel.room.acquire();
        const qint64 now = monotonic();
        std::memcpy(message.data(), &now, sizeof now);
        channel.memory.lock();
        std::memcpy(channel.memory.data(), message.data(), message.size());
        channel.memory.unlock();
        channel.full.release(1);
    }
    while (std::getchar() != EOF) {
    }
    return 0;
}

int receive(const QString &key, int size, int n) {
    Channel channel(key, QSystemSemaphore::Open);
    if (!channel.memory.attach()) {
        fail("attach");
    }
    std::vector<char> message(static_cast<size_t>(size), 0);
    std::vector<qint64> delays;
    sayReady();
    qint64 begin = 0;
    for (int i = 0; i < n; ++i) {
        channel.full.acquire();
        channel.memory.lock();
        std::memcpy(message.data(), channel.memory.constData(), message.size());
        channel.memory.unlock();
        qint64 sent = 0;
        std::memcpy(&sent, message.data(), sizeof sent);
        begin = i == 0 ? sent : begin;
        delays.push_back(monotonic() - sent);
        channel.room.release(1);
    }
    const qint64 took = monotonic() - begin;
    std::sort(delays.begin(), delays.end());
    std::printf("{\"took_ns\":%lld,\"p50_ns\":%lld}\n", static_cast<long long>(took),
                static_cast<long long>(delays[delays.size() / 2]));
    return 0;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 5 || std::atoi(argv[3]) < 8 || std::atoi(argv[4]) < 1) {
        std::fprintf(stderr, "usage: qtmessages send|receive KEY SIZE N\n");
        return 2;
    }
    const auto play = std::strcmp(argv[1], "send") == 0 ? send : receive;
    return play(QString::fromLocal8Bit(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]));
}
