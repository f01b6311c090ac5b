//go:build cgo && linux

#define _GNU_SOURCE
#include "posix.h"

#include <errno.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <time.h>

size_t qtb_posix_size(void) { return sizeof(sem_t); }

// Qt unlinks a semaphore, or puts another one in its place, while it is in use.
static int is_unlinked(int fd) {
    struct stat found;
    return fstat(fd, &found) == 0 && found.st_nlink == 0;
}

static int wait_for(sem_t *semaphore, int64_t timeout_ns) {
    const int64_t second = 1000000000;
    struct timespec end;
#ifdef __GLIBC__
    clock_gettime(CLOCK_MONOTONIC, &end);
#else
    clock_gettime(CLOCK_REALTIME, &end);
#endif
    end.tv_sec += timeout_ns / second;
    end.tv_nsec += timeout_ns % second;
    if (end.tv_nsec >= second) {
        end.tv_sec++;
        end.tv_nsec -= second;
    }
#ifdef __GLIBC__
    return sem_clockwait(semaphore, CLOCK_MONOTONIC, &end);
#else
    return sem_timedwait(semaphore, &end);
#endif
}

int32_t qtb_posix_take(void *semaphore, int32_t fd, int64_t timeout_ns) {
    const int taken = timeout_ns > 0 ? wait_for(semaphore, timeout_ns) : sem_trywait(semaphore);
    const int error = taken == 0 ? 0 : errno;
    if (is_unlinked(fd)) {
        if (taken == 0) {
            sem_post(semaphore);  // others still go by it
        }
        return QTB_UNLINKED;
    }
    return error == ETIMEDOUT ? EAGAIN : error;
}

int32_t qtb_posix_give(void *semaphore, int32_t fd) {
    if (qtb_posix_value(semaphore) > 0) {
        return QTB_FREE;
    }
    if (sem_post(semaphore) != 0) {
        return errno;
    }
    return is_unlinked(fd) ? QTB_UNLINKED : 0;
}

int32_t qtb_posix_add(void *semaphore) { return sem_post(semaphore) == 0 ? 0 : errno; }

int32_t qtb_posix_value(void *semaphore) {
    int value = 0;
    return sem_getvalue(semaphore, &value) == 0 && value > 0 ? value : 0;
}
