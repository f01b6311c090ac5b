//go:build linux || windows

#include "shim.h"

#include <limits>
#include <memory>
#include <new>

#include "guard.h"

// native/enums.go repeats these numbers for builds without Qt's headers.
static_assert(QSharedMemory::NoError == 0 && QSharedMemory::PermissionDenied == 1 &&
                  QSharedMemory::InvalidSize == 2 && QSharedMemory::KeyError == 3 &&
                  QSharedMemory::AlreadyExists == 4 && QSharedMemory::NotFound == 5 &&
                  QSharedMemory::LockError == 6 && QSharedMemory::OutOfResources == 7 &&
                  QSharedMemory::UnknownError == 8,
              "QSharedMemory::SharedMemoryError has changed");
static_assert(QSystemSemaphore::NoError == 0 && QSystemSemaphore::PermissionDenied == 1 &&
                  QSystemSemaphore::KeyError == 2 && QSystemSemaphore::AlreadyExists == 3 &&
                  QSystemSemaphore::NotFound == 4 && QSystemSemaphore::OutOfResources == 5 &&
                  QSystemSemaphore::UnknownError == 6,
              "QSystemSemaphore::SystemSemaphoreError has changed");
static_assert(QSharedMemory::ReadOnly == 0 && QSharedMemory::ReadWrite == 1,
              "QSharedMemory::AccessMode has changed");
static_assert(QSystemSemaphore::Open == 0 && QSystemSemaphore::Create == 1,
              "QSystemSemaphore::AccessMode has changed");

using qtb::answer;
using qtb::badMode;
using qtb::failure;
using qtb::guarded;
using qtb::isSemaphoreMode;
using qtb::utf8;
using qtb::with;

namespace {

// The type of create()'s size argument, which differs between Qt 5 and Qt 6.
template <typename Size>
Size sizeArgument(bool (QSharedMemory::*)(Size, QSharedMemory::AccessMode));
using Size = decltype(sizeArgument(&QSharedMemory::create));

}  // namespace

extern "C" {

const char *qtb_version_running(void) { return qVersion(); }

const char *qtb_version_compiled(void) { return QT_VERSION_STR; }

int64_t qtb_shm_max_size(void) { return std::numeric_limits<Size>::max(); }

qtb_shm *qtb_shm_new(void) {
    try {
        std::unique_ptr<QSharedMemory> object(new QSharedMemory);
        qtb_shm *h = new qtb_shm{object.get(), true};
        object.release();
        return h;
    } catch (...) {
        return nullptr;
    }
}

qtb_shm *qtb_shm_adopt(void *object) {
    try {
        // QSharedMemory's only base is QObject, so the pointers are the same;
        // the cast looks the class up in the object's own meta object.
        auto *memory = qobject_cast<QSharedMemory *>(static_cast<QObject *>(object));
        return memory == nullptr ? nullptr : new qtb_shm{memory, false};
    } catch (...) {
        return nullptr;
    }
}

void qtb_shm_delete(qtb_shm *h) {
    guarded([&]() -> qtb_result {
        std::unique_ptr<qtb_shm> handle(h);
        if (handle->owned)
            delete handle->object.data();
        return {};
    });
}

void *qtb_shm_object(qtb_shm *h) { return h->object.data(); }

qtb_result qtb_shm_set_key(qtb_shm *h, const char *key, size_t size) {
    return with(h, [&](QSharedMemory &m) {
        m.setKey(utf8(key, size));
        return answer(m, 1);
    });
}

qtb_result qtb_shm_key(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) { return qtb::string(m.key(), m.error()); });
}

qtb_result qtb_shm_set_native_key(qtb_shm *h, const char *key, size_t size) {
    return with(h, [&](QSharedMemory &m) {
        m.setNativeKey(utf8(key, size));
        return answer(m, 1);
    });
}

qtb_result qtb_shm_native_key(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) { return qtb::string(m.nativeKey(), m.error()); });
}

qtb_result qtb_shm_create(qtb_shm *h, int64_t size, int32_t mode) {
    return with(h, [&](QSharedMemory &m) {
        if (!qtb::isMode(mode))
            return badMode();
        // Qt 5 would cut the number down to an int and create something else.
        if (size > std::numeric_limits<Size>::max() || size < std::numeric_limits<Size>::min())
            return failure(QTB_ARGUMENT, "the size is beyond what this Qt's create() takes");
        return answer(
            m, m.create(static_cast<Size>(size), static_cast<QSharedMemory::AccessMode>(mode)));
    });
}

qtb_result qtb_shm_size(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) -> qtb_result {
        return {static_cast<int64_t>(m.size()), nullptr, nullptr, 0, m.error()};
    });
}

qtb_result qtb_shm_attach(qtb_shm *h, int32_t mode) {
    return with(h, [&](QSharedMemory &m) {
        if (!qtb::isMode(mode))
            return badMode();
        return answer(m, m.attach(static_cast<QSharedMemory::AccessMode>(mode)));
    });
}

qtb_result qtb_shm_is_attached(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) { return answer(m, m.isAttached()); });
}

qtb_result qtb_shm_detach(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) { return answer(m, m.detach()); });
}

qtb_result qtb_shm_data(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) -> qtb_result {
        return {static_cast<int64_t>(m.size()), m.data(), nullptr, 0, m.error()};
    });
}

qtb_result qtb_shm_const_data(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) -> qtb_result {
        return {static_cast<int64_t>(m.size()), const_cast<void *>(m.constData()), nullptr, 0,
                m.error()};
    });
}

qtb_result qtb_shm_lock(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) { return answer(m, m.lock()); });
}

qtb_result qtb_shm_unlock(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) { return answer(m, m.unlock()); });
}

qtb_result qtb_shm_error(qtb_shm *h) {
    return with(h, [](QSharedMemory &m) { return answer(m, m.error() == QSharedMemory::NoError); });
}

qtb_sem *qtb_sem_new(const char *key, size_t size, int32_t initial, int32_t mode) {
    try {
        const auto access =
            isSemaphoreMode(mode) ? QSystemSemaphore::AccessMode(mode) : QSystemSemaphore::Open;
        return new qtb_sem{std::make_unique<QSystemSemaphore>(utf8(key, size), initial, access)};
    } catch (...) {
        return nullptr;
    }
}

void qtb_sem_delete(qtb_sem *h) {
    guarded([&]() -> qtb_result {
        delete h;
        return {};
    });
}

qtb_result qtb_sem_set_key(qtb_sem *h, const char *key, size_t size, int32_t initial,
                           int32_t mode) {
    return guarded([&] {
        if (!isSemaphoreMode(mode))
            return badMode();
        h->object->setKey(utf8(key, size), initial, QSystemSemaphore::AccessMode(mode));
        return answer(*h->object, h->object->error() == QSystemSemaphore::NoError);
    });
}

qtb_result qtb_sem_key(qtb_sem *h) {
    return guarded([&] { return qtb::string(h->object->key(), h->object->error()); });
}

qtb_result qtb_sem_acquire(qtb_sem *h) {
    return guarded([&] { return answer(*h->object, h->object->acquire()); });
}

qtb_result qtb_sem_release(qtb_sem *h, int32_t n) {
    return guarded([&] { return answer(*h->object, h->object->release(n)); });
}

qtb_result qtb_sem_error(qtb_sem *h) {
    return guarded(
        [&] { return answer(*h->object, h->object->error() == QSystemSemaphore::NoError); });
}

qtb_result qtb_string_to_local8bit(const char *text, size_t size) {
    return guarded([&] { return qtb::bytes(utf8(text, size).toLocal8Bit()); });
}

qtb_result qtb_string_from_local8bit(const char *data, size_t size) {
    return guarded(
        [&] { return qtb::bytes(QString::fromLocal8Bit(data, qtb::length(size)).toUtf8()); });
}

}  // extern "C"
