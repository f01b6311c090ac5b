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

#ifdef __cplusplus
}
#endif

#endif
