// What Qt has no call for, on the System V objects that Qt's backend makes:
// looking at them without touching them, and taking a lock with a time limit.

#ifndef QTB_SYSV_H
#define QTB_SYSV_H

#include <stddef.h>
#include <stdint.h>

// How far a look came before it failed.
enum { QTB_STEP_FILE, QTB_STEP_FIND, QTB_STEP_LOOK };

typedef struct qtb_segment {
    int32_t error;  // an errno, 0 if everything below is known
    int32_t step;   // where error happened
    int32_t key;    // ftok(path, 'Q'), known from QTB_STEP_FIND on
    int32_t id;     // known from QTB_STEP_LOOK on
    int64_t size;   // bytes
    int64_t attached;
    int32_t creator;  // pid
    int32_t last;     // pid of the last shmat or shmdt
    uint32_t owner;   // uid
    uint32_t group;   // gid
    uint32_t mode;    // permission bits
    int64_t made;     // when it was made, or changed its mode; seconds since 1970
    int64_t touched;  // when last did
    int64_t file;     // when the key file was made, or last changed its name or mode
} qtb_segment;

typedef struct qtb_semaphore {
    int32_t error;
    int32_t step;
    int32_t key;
    int32_t id;
    int32_t value;
    int32_t last;     // pid of the last semop
    int32_t waiters;  // how many semops wait for a larger value
    int32_t used;     // whether there ever was one
    int64_t changed;  // when it was made, or its value set; seconds since 1970
    int64_t touched;  // when last did, or set its value
    uint32_t owner;
    uint32_t mode;
} qtb_semaphore;

// Neither look creates, changes or attaches anything.
qtb_segment qtb_sysv_segment(const char *path);
qtb_semaphore qtb_sysv_semaphore(const char *path);

// The same without what can change at any time: value, waiters, and last.
qtb_semaphore qtb_sysv_semaphore_set(const char *path);

// The same for the semaphore with this id, whose key file may be gone.
qtb_semaphore qtb_sysv_semaphore_id(int32_t id);

// A call that this system does not have, or refuses whatever it is called with.
typedef struct qtb_probe {
    const char *call;  // its name; NULL if there is none
    int32_t error;     // an errno, 0 if there is none
} qtb_probe;

// Tries the calls that are needed, without an effect.
qtb_probe qtb_sysv_probe(void);

typedef struct qtb_limits {
    int32_t error;      // an errno, 0 if everything below is known
    uint64_t largest;   // shmmax, in bytes
    uint64_t pages;     // shmall
    uint64_t segments;  // shmmni
    uint64_t used_pages;
    uint64_t used_segments;
} qtb_limits;

// The limits for segments, and what there is of all users.
qtb_limits qtb_sysv_limits(void);

// Takes n from a semaphore, as QSystemSemaphore::acquire() does: with SEM_UNDO,
// so that the kernel gives it back if this process dies. Waits at most
// timeout_ns. Returns an errno: EAGAIN when the time is over, EINTR, EIDRM or
// EINVAL when there is no such semaphore (any more).
int32_t qtb_sysv_take(int32_t id, int16_t n, int64_t timeout_ns);

// What calls off a wait; shared by the one who waits and those who interrupt.
typedef struct qtb_waiter {
    int32_t thread;       // its id while it waits, for a signal; 0 otherwise
    int32_t interrupted;  // set before the signal, cleared when a wait has ended for it
} qtb_waiter;

// What to wait for.
typedef struct qtb_wait {
    int32_t semaphore;    // to be taken and given back by anybody, -1 for none
    int32_t check_last;   // whether it being last used by another process is enough
    int64_t interval_ns;  // how often to compare
    int64_t limit_ns;     // how long to wait; at least once an interval
    const void *data;     // to become different from a copy of it; NULL for none
    size_t size;
    int32_t segment;  // that data is of
} qtb_wait;

// Waits for any of that, with a copy of data, and room for another, or NULL; and leaves no trace:
// nothing is taken, nobody else is woken, and the pid of the semaphore's last user stays. Returns 0
// if the semaphore was taken and given back, QTB_COPIED if it was then taken here to copy data to
// room, QTB_DIFFERENT for a difference, and else an errno: EAGAIN when the time is over, EINTR when
// interrupted, EIDRM or EINVAL when there is no such semaphore (any more).
enum { QTB_DIFFERENT = -1, QTB_COPIED = -2 };
int32_t qtb_sysv_wait(qtb_waiter *waiter, const qtb_wait *wait, const void *copy, void *room);

// Removes a semaphore; those who wait for it learn of it. Returns an errno.
int32_t qtb_sysv_remove(int32_t id);

// Gives a semaphore to another user and group, with its mode as it is. Returns an
// errno.
int32_t qtb_sysv_give_away(int32_t id, uint32_t owner, uint32_t group);

#endif
