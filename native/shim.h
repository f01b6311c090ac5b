// The C face of QSharedMemory, QSystemSemaphore and QNativeIpcKey, and of the two
// functions of QString that turn text into bytes and back.
//
// One function per public method, named qtb_<class>_<method>. Every call
// returns what Qt returned, the object's error code and, if the call failed,
// its error text together, by value: there is no second "last error" call, so
// nothing here depends on the thread. No exception leaves a function. Strings
// come in as pointer and length in UTF-8 and are copied before the call ends.

#ifndef QTB_SHIM_H
#define QTB_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qtb_shm qtb_shm;  // a QSharedMemory and who owns it
typedef struct qtb_sem qtb_sem;  // a QSystemSemaphore

// Errors that are not Qt's own; Qt's enums start at 0.
enum {
    QTB_EXCEPTION = -1,  // C++ code threw; text is what()
    QTB_ARGUMENT = -2,   // an enum or a size outside of what this Qt can take
    QTB_GONE = -3        // the owner of an adopted object has deleted it
};

typedef struct qtb_result {
    int64_t value;      // a bool as 0 or 1, a size in bytes, or 1 for a method that returns nothing
    void *data;         // data() and constData() only: the mapping, of value bytes
    char *text;         // UTF-8, to be freed with free(): errorString() of a failure, or the string
                        // asked for; NULL if there is none (a null QString)
    int32_t text_size;  // bytes in text
    int32_t error;      // error() after the call, or one of the above
} qtb_result;

// qVersion() and QT_VERSION_STR: the Qt running and the one compiled against.
const char *qtb_version_running(void);
const char *qtb_version_compiled(void);
// The largest size create() takes: an int on Qt 5, a qsizetype on Qt 6.
int64_t qtb_shm_max_size(void);

// QSharedMemory(). NULL when there is no memory.
qtb_shm *qtb_shm_new(void);
// A handle on a QSharedMemory made elsewhere, which stays the owner's to
// delete. NULL if object is not a QSharedMemory.
qtb_shm *qtb_shm_adopt(void *object);
// ~QSharedMemory(), unless adopted, and the end of the handle.
void qtb_shm_delete(qtb_shm *h);
// The QSharedMemory itself, NULL when its owner has deleted it.
void *qtb_shm_object(qtb_shm *h);

qtb_result qtb_shm_set_key(qtb_shm *h, const char *key, size_t size);
qtb_result qtb_shm_key(qtb_shm *h);
qtb_result qtb_shm_set_native_key(qtb_shm *h, const char *key, size_t size);
qtb_result qtb_shm_native_key(qtb_shm *h);
qtb_result qtb_shm_create(qtb_shm *h, int64_t size, int32_t mode);
qtb_result qtb_shm_size(qtb_shm *h);
qtb_result qtb_shm_attach(qtb_shm *h, int32_t mode);
qtb_result qtb_shm_is_attached(qtb_shm *h);
qtb_result qtb_shm_detach(qtb_shm *h);
qtb_result qtb_shm_data(qtb_shm *h);
qtb_result qtb_shm_const_data(qtb_shm *h);
qtb_result qtb_shm_lock(qtb_shm *h);
qtb_result qtb_shm_unlock(qtb_shm *h);
// error() and errorString(): value is 1 if there is no error.
qtb_result qtb_shm_error(qtb_shm *h);

// QSystemSemaphore(key, initial, mode). Only NULL when there is no memory: what
// the constructor met is in qtb_sem_error().
qtb_sem *qtb_sem_new(const char *key, size_t size, int32_t initial, int32_t mode);
void qtb_sem_delete(qtb_sem *h);
qtb_result qtb_sem_set_key(qtb_sem *h, const char *key, size_t size, int32_t initial, int32_t mode);
qtb_result qtb_sem_key(qtb_sem *h);
qtb_result qtb_sem_acquire(qtb_sem *h);
qtb_result qtb_sem_release(qtb_sem *h, int32_t n);
qtb_result qtb_sem_error(qtb_sem *h);

// QNativeIpcKey, which Qt has since 6.6, by its text, toString(). A text that
// fromString() does not understand is a QTB_ARGUMENT, as is all of this with an earlier
// Qt; the text of an invalid key is NULL.

// Whether the Qt that is loaded has it.
int32_t qtb_has_ipc_keys(void);
// DefaultTypeForOs and legacyDefaultTypeForOs().
uint16_t qtb_key_default_type(void);
uint16_t qtb_key_legacy_default_type(void);
// fromString(text): value is its type(), text its nativeKey().
qtb_result qtb_key_parse(const char *text, size_t size);
// QNativeIpcKey(native_key, type).
qtb_result qtb_key_to_string(const char *native_key, size_t size, uint16_t type);
// fromString(text) after setType(type).
qtb_result qtb_key_set_type(const char *text, size_t size, uint16_t type);

// QSharedMemory(fromString(text)). NULL when there is no memory. The text must be that
// of a valid key, which qtb_key_parse tells; the same goes for qtb_sem_new_native.
qtb_shm *qtb_shm_new_native(const char *text, size_t size);
qtb_result qtb_shm_set_native_ipc_key(qtb_shm *h, const char *text, size_t size);
// setNativeKey(QString, Type).
qtb_result qtb_shm_set_native_key_type(qtb_shm *h, const char *key, size_t size, uint16_t type);
qtb_result qtb_shm_native_ipc_key(qtb_shm *h);
int32_t qtb_shm_is_key_type_supported(uint16_t type);
qtb_result qtb_shm_platform_safe_key(const char *key, size_t size, uint16_t type);
qtb_result qtb_shm_legacy_native_key(const char *key, size_t size, uint16_t type);

// QSystemSemaphore(fromString(text), initial, mode), as qtb_sem_new.
qtb_sem *qtb_sem_new_native(const char *text, size_t size, int32_t initial, int32_t mode);
qtb_result qtb_sem_set_native_ipc_key(qtb_sem *h, const char *text, size_t size, int32_t initial,
                                      int32_t mode);
// setNativeKey(QString, int, AccessMode, Type).
qtb_result qtb_sem_set_native_key(qtb_sem *h, const char *key, size_t size, int32_t initial,
                                  int32_t mode, uint16_t type);
qtb_result qtb_sem_native_ipc_key(qtb_sem *h);
int32_t qtb_sem_is_key_type_supported(uint16_t type);
qtb_result qtb_sem_platform_safe_key(const char *key, size_t size, uint16_t type);
qtb_result qtb_sem_legacy_native_key(const char *key, size_t size, uint16_t type);

// text.toLocal8Bit(): what Qt puts into text is not UTF-8 here, but those bytes.
qtb_result qtb_string_to_local8bit(const char *text, size_t size);
// QString::fromLocal8Bit(data, size): with the size, as without it Qt 5 stops at
// a NUL.
qtb_result qtb_string_from_local8bit(const char *data, size_t size);

// QDataStream. A message is one call: its values cross as one buffer, in the form that
// native/streamtypes.go describes, and each is written and read by Qt's own operator.

// The newest version that the Qt loaded has.
int32_t qtb_stream_max_version(void);

enum {
    QTB_STREAM_LITTLE = 1,  // setByteOrder(LittleEndian)
    QTB_STREAM_SINGLE = 2,  // setFloatingPointPrecision(SinglePrecision)

    // Errors of a message. Their text is where and what: "1/0/3;QString;the rest".
    QTB_STREAM_END = -10,      // the data ends within a value
    QTB_STREAM_CORRUPT = -11,  // Qt says ReadCorruptData
    QTB_STREAM_VARIANT = -12,  // a QVariant of a type that is not read
    QTB_STREAM_DEPTH = -13,    // more containers within each other than are read
    QTB_STREAM_SIZE = -14      // a length beyond what there is
};

// Writes values. The message is in room, and text_size its length; text is it if there is not
// as much room.
qtb_result qtb_stream_write(const char *values, size_t size, char *room, size_t room_size,
                            int32_t version, int32_t flags);
// Reads what types say from data: value is how many bytes of it. The values are where the
// message is of qtb_stream_write. After an error value is where the value that it is about
// begins, and text says more.
qtb_result qtb_stream_read(const char *types, size_t types_size, const char *data, size_t size,
                           char *room, size_t room_size, int32_t version, int32_t flags);

#ifdef __cplusplus
}
#endif

#endif
