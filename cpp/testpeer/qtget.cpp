// qtget-qtN KEY: the smallest Qt program that does what `qtshm get KEY` does, to
// compare how long both take: attach, lock, print, unlock, detach.

#include <QtCore/QSharedMemory>

#include <cstdio>

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: qtget KEY\n");
        return 2;
    }
    QSharedMemory memory(QString::fromLocal8Bit(argv[1]));
    if (!memory.attach(QSharedMemory::ReadOnly) || !memory.lock())
        return 1;
    std::fwrite(memory.constData(), 1, size_t(memory.size()), stdout);
    memory.unlock();
    memory.detach();
    return 0;
}
