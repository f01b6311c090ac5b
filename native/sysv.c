//go:build linux

#define _GNU_SOURCE
#include "sysv.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

// The project id of Qt's ftok() calls.
enum { QT_PROJECT = 'Q' };

// Linux does not declare it; semctl() takes it by value.
union semun {
    int val;
    struct semid_ds *buf;
};

qtb_segment qtb_sysv_segment(const char *path) {
    qtb_segment s = {.step = QTB_STEP_FILE};
    struct shmid_ds ds;
    s.key = ftok(path, QT_PROJECT);
    if (s.key == -1) {
        s.error = errno;
        return s;
    }
    s.step = QTB_STEP_FIND;
    s.id = shmget(s.key, 0, 0);
    if (s.id == -1) {
        s.error = errno;
        return s;
    }
    s.step = QTB_STEP_LOOK;
    if (shmctl(s.id, IPC_STAT, &ds) == -1) {
        s.error = errno;
        return s;
    }
    s.size = (int64_t)ds.shm_segsz;
    s.attached = (int64_t)ds.shm_nattch;
    s.creator = ds.shm_cpid;
    s.last = ds.shm_lpid;
    s.owner = ds.shm_perm.uid;
    s.mode = ds.shm_perm.mode & 0777;
    return s;
}

// Fills s, whose id is known.
static void look_at_semaphore(qtb_semaphore *s) {
    struct semid_ds ds;
    union semun arg = {.buf = &ds};
    s->step = QTB_STEP_LOOK;
    if (semctl(s->id, 0, IPC_STAT, arg) == -1 || (s->value = semctl(s->id, 0, GETVAL)) == -1 ||
        (s->last = semctl(s->id, 0, GETPID)) == -1 ||
        (s->waiters = semctl(s->id, 0, GETNCNT)) == -1) {
        s->error = errno;
        return;
    }
    s->owner = ds.sem_perm.uid;
    s->mode = ds.sem_perm.mode & 0777;
}

qtb_semaphore qtb_sysv_semaphore(const char *path) {
    qtb_semaphore s = {.step = QTB_STEP_FILE};
    s.key = ftok(path, QT_PROJECT);
    if (s.key == -1) {
        s.error = errno;
        return s;
    }
    s.step = QTB_STEP_FIND;
    s.id = semget(s.key, 0, 0);
    if (s.id == -1) {
        s.error = errno;
        return s;
    }
    look_at_semaphore(&s);
    return s;
}

qtb_semaphore qtb_sysv_semaphore_id(int32_t id) {
    qtb_semaphore s = {.id = id};
    look_at_semaphore(&s);
    return s;
}

int32_t qtb_sysv_take(int32_t id, int16_t n, int64_t timeout_ns) {
    struct sembuf take = {.sem_num = 0, .sem_op = (int16_t)-n, .sem_flg = SEM_UNDO};
    struct timespec timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    return semtimedop(id, &take, 1, &timeout) == 0 ? 0 : errno;
}

int32_t qtb_sysv_remove(int32_t id) { return semctl(id, 0, IPC_RMID) == 0 ? 0 : errno; }
