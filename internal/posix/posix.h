// Named POSIX semaphores of the C library that Qt uses too, in memory that was mapped.

#ifndef QTB_POSIX_H
#define QTB_POSIX_H

#include <stddef.h>
#include <stdint.h>

// The size of a semaphore's file.
size_t qtb_posix_size(void);

// How an operation can end other than by an errno.
enum { QTB_UNLINKED = -1, QTB_FREE = -2 };

// Takes 1, as QSystemSemaphore::acquire() does, and waits at most timeout_ns. Returns 0,
// EAGAIN when there is nothing to take in that time, EINTR, or QTB_UNLINKED, with
// nothing taken, if no name leads to the file of fd any more.
int32_t qtb_posix_take(void *semaphore, int32_t fd, int64_t timeout_ns);

// Gives back 1. Returns QTB_FREE, with nothing given, if there is something to take,
// and QTB_UNLINKED, given all the same, if no name leads to the file of fd any more.
int32_t qtb_posix_give(void *semaphore, int32_t fd);

// Adds 1 and returns an errno.
int32_t qtb_posix_add(void *semaphore);

// Returns how much there is to take; memory that can be read is enough.
int32_t qtb_posix_value(void *semaphore);

#endif
