// For the tests of this package; see probe.cpp.

#ifndef QTB_PROBE_H
#define QTB_PROBE_H

#include "shim.h"

#ifdef __cplusplus
extern "C" {
#endif

// Throws within the shim's guard: a std::exception or an int.
qtb_result qtb_probe_throw(int32_t standard);

// A QSharedMemory, or else a plain QObject, that belongs to the caller.
void *qtb_probe_new(int32_t memory);
void qtb_probe_delete(void *object);

// QTextCodec::setCodecForLocale(), which Qt 5 alone has; NULL is the default.
// Not 0 if done.
int32_t qtb_probe_set_local8bit(const char *codec);

#ifdef __cplusplus
}
#endif

#endif
