// The C face of loop.cpp and probe.cpp, with the results of shim.h.

#ifndef QTB_NATIVETEST_H
#define QTB_NATIVETEST_H

#include "shim.h"

#ifdef __cplusplus
extern "C" {
#endif

// Loops of Qt calls within one crossing; memory is a QSharedMemory. Each returns
// in value the nanoseconds that rounds took; a Qt call that fails ends the loop
// as a failure.
qtb_result qtb_loop_lock(void *memory, int64_t rounds);
qtb_result qtb_loop_locked_write(void *memory, int64_t rounds, size_t size);
qtb_result qtb_loop_cycle(const char *key, size_t key_size, int64_t rounds, size_t size,
                          int32_t fresh);
qtb_result qtb_loop_publish(const char *key, size_t key_size, int32_t native, int64_t rounds,
                            size_t size);
qtb_result qtb_loop_copy(void *memory, int64_t rounds);
// On a QSystemSemaphore(key, 1, Open) of its own. The semaphore must exist: one
// that the object makes it removes at the end.
qtb_result qtb_loop_acquire(const char *key, size_t key_size, int64_t rounds);
// Nothing but rounds sleeps of ns nanoseconds. Returns the CPU time they took.
int64_t qtb_loop_sleep(int64_t rounds, int64_t ns);

// Throws within the shim's guard: a std::exception or an int.
qtb_result qtb_probe_throw(int32_t standard);

// A QSharedMemory, or else a plain QObject, that belongs to the caller.
void *qtb_probe_new(int32_t memory);
void qtb_probe_delete(void *object);

// QTextCodec::setCodecForLocale(), which Qt 5 alone has; NULL is the default.
// Not 0 if done.
int32_t qtb_probe_set_local8bit(const char *codec);

// Reads a QVariant by Qt's operator>> and writes it again by operator<<: text is the message.
qtb_result qtb_stream_again(const char *data, size_t size, int32_t version, int32_t little);
// Writes or reads by QDataStream, as qtb_loop_lock; text is the message. what is one of ten
// fields, the last of which is a text of size QChars (0), a QMap<QString, double> of size (1), or
// a QVariantMap of as many doubles and texts (2).
qtb_result qtb_loop_stream(int64_t rounds, int32_t what, int32_t size, int32_t read);

#ifdef __cplusplus
}
#endif

#endif
