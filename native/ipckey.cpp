//go:build linux || windows

#include "ipckey.h"

#include <memory>

#include "guard.h"
#include "shim.h"

using qtb::answer;
using qtb::failure;
using qtb::guarded;
using qtb::utf8;
using qtb::with;
using Type = QNativeIpcKey::Type;

// native/enums.go repeats these numbers for builds without Qt's headers.
static_assert(quint16(Type::SystemV) == 0x51 && quint16(Type::PosixRealtime) == 0x100 &&
                  quint16(Type::Windows) == 0x101,
              "QNativeIpcKey::Type has changed");

namespace {

// Runs call if the Qt that is loaded has QNativeIpcKey.
template <typename Call>
qtb_result withKeys(Call call) noexcept {
    return guarded([&]() -> qtb_result {
        if (!qtb::hasIpcKeys())
            return failure(QTB_ARGUMENT, "QNativeIpcKey needs Qt 6.6 or later");
        return call();
    });
}

// Runs call with the key of a text.
template <typename Call>
qtb_result withKey(const char *text, size_t size, Call call) noexcept {
    return withKeys([&]() -> qtb_result {
        const QNativeIpcKey key = QNativeIpcKey::fromString(utf8(text, size));
        if (!key.isValid())
            return failure(QTB_ARGUMENT, "QNativeIpcKey::fromString() does not understand the key");
        return call(key);
    });
}

qtb_result string(const QNativeIpcKey &key) { return qtb::string(key.toString(), 0); }

qtb_result setKey(QSharedMemory &object, const QNativeIpcKey &key) {
    qtb::setNativeKey(object, key);
    return answer(object, 1);
}

qtb_result setKey(QSystemSemaphore &object, const QNativeIpcKey &key, int32_t initial,
                  int32_t mode) {
    if (!qtb::isSemaphoreMode(mode))
        return qtb::badMode();
    qtb::setNativeKey(object, key, initial, QSystemSemaphore::AccessMode(mode));
    return answer(object, object.error() == QSystemSemaphore::NoError);
}

}  // namespace

extern "C" {

int32_t qtb_has_ipc_keys(void) { return qtb::hasIpcKeys(); }

uint16_t qtb_key_default_type(void) { return quint16(QNativeIpcKey::DefaultTypeForOs); }

uint16_t qtb_key_legacy_default_type(void) {
    return quint16(QNativeIpcKey::legacyDefaultTypeForOs());
}

qtb_result qtb_key_parse(const char *text, size_t size) {
    return withKey(text, size, [](const QNativeIpcKey &key) {
        qtb_result r = qtb::string(key.nativeKey(), 0);
        r.value = quint16(key.type());
        return r;
    });
}

qtb_result qtb_key_to_string(const char *native_key, size_t size, uint16_t type) {
    return withKeys([&] { return string(QNativeIpcKey(utf8(native_key, size), Type(type))); });
}

qtb_result qtb_key_set_type(const char *text, size_t size, uint16_t type) {
    return withKeys([&] {
        QNativeIpcKey key = QNativeIpcKey::fromString(utf8(text, size));
        key.setType(Type(type));
        return string(key);
    });
}

qtb_shm *qtb_shm_new_native(const char *text, size_t size) {
    try {
        std::unique_ptr<QSharedMemory> object(
            qtb::newSharedMemory(QNativeIpcKey::fromString(utf8(text, size))));
        auto *h = new qtb_shm{object.get(), true};
        object.release();
        return h;
    } catch (...) {
        return nullptr;
    }
}

qtb_result qtb_shm_set_native_ipc_key(qtb_shm *h, const char *text, size_t size) {
    return with(h, [&](QSharedMemory &m) {
        return withKey(text, size, [&](const QNativeIpcKey &key) { return setKey(m, key); });
    });
}

qtb_result qtb_shm_set_native_key_type(qtb_shm *h, const char *key, size_t size, uint16_t type) {
    return with(h, [&](QSharedMemory &m) {
        return withKeys([&] { return setKey(m, QNativeIpcKey(utf8(key, size), Type(type))); });
    });
}

qtb_result qtb_shm_native_ipc_key(qtb_shm *h) {
    return with(
        h, [](QSharedMemory &m) { return withKeys([&] { return string(qtb::nativeIpcKey(m)); }); });
}

int32_t qtb_shm_is_key_type_supported(uint16_t type) {
    return qtb::hasIpcKeys() && qtb::sharedMemoryIsKeyTypeSupported(Type(type));
}

qtb_result qtb_shm_platform_safe_key(const char *key, size_t size, uint16_t type) {
    return withKeys(
        [&] { return string(qtb::sharedMemoryPlatformSafeKey(utf8(key, size), Type(type))); });
}

qtb_result qtb_shm_legacy_native_key(const char *key, size_t size, uint16_t type) {
    return withKeys(
        [&] { return string(qtb::sharedMemoryLegacyNativeKey(utf8(key, size), Type(type))); });
}

qtb_sem *qtb_sem_new_native(const char *text, size_t size, int32_t initial, int32_t mode) {
    try {
        const auto access = qtb::isSemaphoreMode(mode) ? QSystemSemaphore::AccessMode(mode)
                                                       : QSystemSemaphore::Open;
        std::unique_ptr<QSystemSemaphore> object(
            qtb::newSystemSemaphore(QNativeIpcKey::fromString(utf8(text, size)), initial, access));
        return new qtb_sem{std::move(object)};
    } catch (...) {
        return nullptr;
    }
}

qtb_result qtb_sem_set_native_ipc_key(qtb_sem *h, const char *text, size_t size, int32_t initial,
                                      int32_t mode) {
    return withKey(text, size, [&](const QNativeIpcKey &key) {
        return setKey(*h->object, key, initial, mode);
    });
}

qtb_result qtb_sem_set_native_key(qtb_sem *h, const char *key, size_t size, int32_t initial,
                                  int32_t mode, uint16_t type) {
    return withKeys([&] {
        return setKey(*h->object, QNativeIpcKey(utf8(key, size), Type(type)), initial, mode);
    });
}

qtb_result qtb_sem_native_ipc_key(qtb_sem *h) {
    return withKeys([&] { return string(qtb::nativeIpcKey(*h->object)); });
}

int32_t qtb_sem_is_key_type_supported(uint16_t type) {
    return qtb::hasIpcKeys() && qtb::systemSemaphoreIsKeyTypeSupported(Type(type));
}

qtb_result qtb_sem_platform_safe_key(const char *key, size_t size, uint16_t type) {
    return withKeys(
        [&] { return string(qtb::systemSemaphorePlatformSafeKey(utf8(key, size), Type(type))); });
}

qtb_result qtb_sem_legacy_native_key(const char *key, size_t size, uint16_t type) {
    return withKeys(
        [&] { return string(qtb::systemSemaphoreLegacyNativeKey(utf8(key, size), Type(type))); });
}

}  // extern "C"
