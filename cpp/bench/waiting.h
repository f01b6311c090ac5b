// How a program with Qt can wait for a peer to take the lock of a segment.
#pragma once

#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

#include <QtCore/QFile>
#include <QtCore/QSharedMemory>
#include <cstdio>
#include <cstdlib>

// What all processes agree on.
inline qint64 monotonic() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * qint64(1000000000) + now.tv_nsec;
}

[[noreturn]] inline void fail(const char *what) {
    std::perror(what);
    std::_Exit(1);
}

// The semaphore of a key of setKey: its file has the name of the segment's, but for the
// beginning.
inline int semaphoreOf(const QSharedMemory &memory) {
    const QString path = memory.nativeKey().replace("qipc_sharedmemory_", "qipc_systemsem_");
    const int id = semget(ftok(QFile::encodeName(path).constData(), 'Q'), 1, 0);
    if (id < 0) {
        fail("semget");
    }
    return id;
}

// Waits for the semaphore to go to zero: somebody has the lock.
inline void awaitZero(int id) {
    sembuf zero = {0, 0, 0};
    if (semop(id, &zero, 1) != 0) {
        fail("semop");
    }
}
