//go:build linux

#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64  // so that stat() knows every inode
#include "sysv.h"

#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// The project id of Qt's ftok() calls.
enum { QT_PROJECT = 'Q' };

// Linux does not declare it; semctl() takes it by value.
union semun {
    int val;
    struct semid_ds *buf;
};

// What ftok(path, QT_PROJECT) makes of a file, which tells no times.
static int32_t key_of(const struct stat *file) {
    return (int32_t)((file->st_ino & 0xffff) | (file->st_dev & 0xff) << 16 |
                     (uint32_t)QT_PROJECT << 24);
}

qtb_segment qtb_sysv_segment(const char *path) {
    qtb_segment s = {.step = QTB_STEP_FILE};
    struct shmid_ds ds;
    struct stat file;
    if (stat(path, &file) == -1) {
        s.key = -1;
        s.error = errno;
        return s;
    }
    s.key = key_of(&file);
    s.file = file.st_ctime;
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
    s.group = ds.shm_perm.gid;
    s.mode = ds.shm_perm.mode & 0777;
    s.made = ds.shm_ctime;
    s.touched = ds.shm_atime > ds.shm_dtime ? ds.shm_atime : ds.shm_dtime;
    return s;
}

// Fills s, whose id is known, with what all its semaphores have in common.
static void look_at_set(qtb_semaphore *s) {
    struct semid_ds ds;
    union semun arg = {.buf = &ds};
    s->step = QTB_STEP_LOOK;
    if (semctl(s->id, 0, IPC_STAT, arg) == -1) {
        s->error = errno;
        return;
    }
    s->used = ds.sem_otime != 0;
    s->changed = ds.sem_ctime;
    s->touched = ds.sem_otime > ds.sem_ctime ? ds.sem_otime : ds.sem_ctime;
    s->owner = ds.sem_perm.uid;
    s->mode = ds.sem_perm.mode & 0777;
}

// Fills s, whose id is known.
static void look_at_semaphore(qtb_semaphore *s) {
    look_at_set(s);
    if (s->error == 0 && ((s->value = semctl(s->id, 0, GETVAL)) == -1 ||
                          (s->last = semctl(s->id, 0, GETPID)) == -1 ||
                          (s->waiters = semctl(s->id, 0, GETNCNT)) == -1)) {
        s->error = errno;
    }
}

// The file may be deleted between the two calls, and its inode be that of another key
// file by then, whose semaphore this would find.
static qtb_semaphore find_semaphore_once(const char *path) {
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
    }
    return s;
}

static qtb_semaphore find_semaphore(const char *path) {
    enum { TRIES = 10 };
    qtb_semaphore s;
    for (int i = 0; i < TRIES; i++) {
        s = find_semaphore_once(path);
        if (s.error != 0 || ftok(path, QT_PROJECT) == s.key) {
            break;
        }
    }
    return s;
}

qtb_semaphore qtb_sysv_semaphore_set(const char *path) {
    qtb_semaphore s = find_semaphore(path);
    if (s.error == 0) {
        look_at_set(&s);
    }
    return s;
}

qtb_semaphore qtb_sysv_semaphore(const char *path) {
    qtb_semaphore s = find_semaphore(path);
    if (s.error == 0) {
        look_at_semaphore(&s);
    }
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

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static struct timespec in_timespec(int64_t ns) {
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

// How to wait and leave no trace: operations of which one blocks, until the value
// is as wanted, and a later one is bound to fail then. So the kernel does none of
// them, and notes no process as the semaphore's last user. ERANGE is the end of
// the wait. A wait that succeeded would make the waiter look like the holder.
#define WAIT_ZERO \
    { .sem_op = 0 }
#define WAIT_MORE \
    { .sem_op = -1 }
#define FAIL \
    {.sem_op = SEMVMX}, { .sem_op = SEMVMX }
enum { SEMVMX = 32767 };

static int wait_traceless(int32_t id, struct sembuf *ops, const struct timespec *timeout) {
    if (semtimedop(id, ops, 3, timeout) == 0) {
        return EINVAL;  // cannot be
    }
    return errno == ERANGE ? 0 : errno;
}

// Waits until nobody has the semaphore.
static int wait_free(int32_t id, const struct timespec *timeout) {
    struct sembuf ops[] = {WAIT_MORE, FAIL};
    return wait_traceless(id, ops, timeout);
}

// One interval.
static int wait_once(const qtb_wait *w, int64_t ns) {
    const struct timespec timeout = in_timespec(ns);
    if (w->semaphore < 0) {
        return clock_nanosleep(CLOCK_MONOTONIC, 0, &timeout, NULL) == 0 ? EAGAIN : EINTR;
    }
    struct sembuf ops[] = {WAIT_ZERO, FAIL};
    const int error = wait_traceless(w->semaphore, ops, &timeout);
    return error != 0 ? error : wait_free(w->semaphore, &timeout);
}

static int wait_for(const qtb_waiter *waiter, const qtb_wait *w, const void *copy) {
    if (w->check_last && semctl(w->semaphore, 0, GETPID) != getpid()) {
        if (__atomic_load_n(&waiter->interrupted, __ATOMIC_SEQ_CST)) {
            return EINTR;
        }
        const struct timespec timeout =
            in_timespec(w->limit_ns < w->interval_ns ? w->limit_ns : w->interval_ns);
        return wait_free(w->semaphore, &timeout);
    }
    const int64_t end = now_ns() + w->limit_ns;
    for (int64_t left = w->limit_ns; left > 0; left = end - now_ns()) {
        if (__atomic_load_n(&waiter->interrupted, __ATOMIC_SEQ_CST)) {
            return EINTR;
        }
        const int64_t ns = left < w->interval_ns ? left : w->interval_ns;
        const int error = wait_once(w, ns);
        if (error != EAGAIN && error != EINTR) {
            return error;
        }
        if (w->data != NULL && ns == w->interval_ns && memcmp(w->data, copy, w->size) != 0) {
            return QTB_DIFFERENT;
        }
    }
    return EAGAIN;
}

// As take and give in semop.go, where the latter is explained.
static int try_take(int32_t id) {
    struct sembuf take = {.sem_op = -1, .sem_flg = SEM_UNDO | IPC_NOWAIT};
    return semop(id, &take, 1) == 0;
}

static int give(int32_t id) {
    enum { MOST = 32767 };
    struct sembuf giving[] = {
        {.sem_op = MOST, .sem_flg = SEM_UNDO},  {.sem_op = -2}, {.sem_op = 2, .sem_flg = SEM_UNDO},
        {.sem_op = -MOST, .sem_flg = SEM_UNDO}, {.sem_op = 2},  {.sem_op = -1, .sem_flg = SEM_UNDO},
    };
    return semop(id, giving, sizeof giving / sizeof giving[0]) == 0;
}

// How many are attached to a segment; 0 if there is none.
static unsigned long attached(int32_t id) {
    struct shmid_ds ds;
    return shmctl(id, IPC_STAT, &ds) == 0 ? ds.shm_nattch : 0;
}

// Copies data, which was read before and so is mapped, under the lock, if that is free. Who is
// alone with the segment has been left the lock by one who was killed, perhaps halfway: then there
// is no copy.
static int copy_locked(const qtb_wait *w, void *room) {
    if (!try_take(w->semaphore)) {
        return 0;
    }
    const int is_shared = attached(w->segment) > 1;
    if (is_shared) {
        memcpy(room, w->data, w->size);
    }
    return give(w->semaphore) && is_shared;
}

int32_t qtb_sysv_wait(qtb_waiter *waiter, const qtb_wait *wait, const void *copy, void *room) {
    __atomic_store_n(&waiter->thread, (int32_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
    int error = wait_for(waiter, wait, copy);
    if (error == 0 && room != NULL && memcmp(wait->data, copy, wait->size) != 0 &&
        copy_locked(wait, room)) {
        error = QTB_COPIED;
    }
    __atomic_store_n(&waiter->thread, 0, __ATOMIC_SEQ_CST);
    if (error == EINTR) {
        __atomic_store_n(&waiter->interrupted, 0, __ATOMIC_SEQ_CST);
    }
    return error;
}

int32_t qtb_sysv_remove(int32_t id) { return semctl(id, 0, IPC_RMID) == 0 ? 0 : errno; }

int32_t qtb_sysv_give_away(int32_t id, uint32_t owner, uint32_t group) {
    struct semid_ds ds;
    const union semun arg = {.buf = &ds};
    if (semctl(id, 0, IPC_STAT, arg) == -1) {
        return errno;
    }
    ds.sem_perm.uid = owner;
    ds.sem_perm.gid = group;
    return semctl(id, 0, IPC_SET, arg) == 0 ? 0 : errno;
}

// Is it a call that is refused, and not only what it was called with?
static int is_refused(int result) {
    return result == -1 && (errno == ENOSYS || errno == EACCES || errno == EPERM);
}

qtb_probe qtb_sysv_probe(void) {
    struct sembuf op = {.sem_op = 0, .sem_flg = IPC_NOWAIT};
    const struct timespec now = {0};
    const key_t nobodys = 0x7fffffff;  // not one of Qt's
    const union semun none = {0};
    if (is_refused(shmget(nobodys, 0, 0))) {
        return (qtb_probe){"shmget", errno};
    }
    if (is_refused(shmctl(-1, IPC_STAT, NULL))) {
        return (qtb_probe){"shmctl", errno};
    }
    if (shmat(-1, NULL, 0) == (void *)-1 && is_refused(-1)) {
        return (qtb_probe){"shmat", errno};
    }
    if (is_refused(semget(nobodys, 0, 0))) {
        return (qtb_probe){"semget", errno};
    }
    if (is_refused(semctl(-1, 0, GETVAL, none))) {
        return (qtb_probe){"semctl", errno};
    }
    if (is_refused(semop(-1, &op, 1)) || is_refused(semtimedop(-1, &op, 1, &now))) {
        return (qtb_probe){"semop", errno};
    }
    return (qtb_probe){0};
}

qtb_limits qtb_sysv_limits(void) {
    qtb_limits l = {0};
    struct shminfo most;
    struct shm_info now;
    if (shmctl(0, IPC_INFO, (struct shmid_ds *)&most) == -1 ||
        shmctl(0, SHM_INFO, (struct shmid_ds *)&now) == -1) {
        l.error = errno;
        return l;
    }
    l.largest = most.shmmax;
    l.pages = most.shmall;
    l.segments = most.shmmni;
    l.used_pages = now.shm_tot;
    l.used_segments = (uint64_t)now.used_ids;
    return l;
}
