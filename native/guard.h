// What every shim function is made with: a catch-all, and results by value.

#ifndef QTB_GUARD_H
#define QTB_GUARD_H

#include "qtheaders.h"

#include <QByteArray>
#include <QPointer>
#include <QSharedMemory>
#include <QString>
#include <QSystemSemaphore>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>

#include "shim.h"

// cgo_qt5.go and cgo_qt6.go say which Qt is meant; pkg-config may find another.
#if QTB_QT == 6 && QT_VERSION_MAJOR != 6
#error "built for Qt 6, but the headers are of another Qt; for Qt 5.15 build with -tags qt5"
#elif QTB_QT == 5 && (QT_VERSION_MAJOR != 5 || QT_VERSION_MINOR < 15)
#error "built with -tags qt5, but the headers are not of Qt 5.15"
#endif

// The C types are opaque; these are what they point to.
struct qtb_shm {
    // An adopted object can be deleted under us by its owner; QPointer sees it.
    QPointer<QSharedMemory> object;
    bool owned;
};

struct qtb_sem {
    std::unique_ptr<QSystemSemaphore> object;
};

namespace qtb {

// Neither function may throw: they run in catch clauses. A text that cannot be
// copied is left out; the code still tells.
inline qtb_result result(int64_t value, int error, const char *text, size_t size) noexcept {
    qtb_result r = {value, nullptr, nullptr, 0, error};
    if (text != nullptr && (r.text = static_cast<char *>(malloc(size > 0 ? size : 1))) != nullptr) {
        memcpy(r.text, text, size);
        r.text_size = static_cast<int32_t>(size);
    }
    return r;
}

inline qtb_result failure(int error, const char *text) noexcept {
    return result(0, error, text, strlen(text));
}

inline qtb_result string(const QString &s, int error) {
    if (s.isNull())
        return {0, nullptr, nullptr, 0, error};
    const QByteArray utf8 = s.toUtf8();
    return result(1, error, utf8.constData(), static_cast<size_t>(utf8.size()));
}

// What a method returned, with the object's error text only if it failed: Qt
// does not clear the error of an earlier call on success.
template <typename Object>
qtb_result answer(const Object &object, int64_t value) {
    const int error = static_cast<int>(object.error());
    if (value != 0)
        return {value, nullptr, nullptr, 0, error};
    qtb_result r = string(object.errorString(), error);
    r.value = 0;
    return r;
}

template <typename Call>
qtb_result guarded(Call call) noexcept {
    try {
        return call();
    } catch (const std::exception &e) {
        return failure(QTB_EXCEPTION, e.what());
    } catch (...) {
        return failure(QTB_EXCEPTION, "an exception that is not a std::exception");
    }
}

// Runs call on the QSharedMemory behind h, if there still is one.
template <typename Call>
qtb_result with(qtb_shm *h, Call call) noexcept {
    return guarded([&]() -> qtb_result {
        QSharedMemory *object = h->object.data();
        if (object == nullptr)
            return failure(QTB_GONE, "the owner of the adopted QSharedMemory has deleted it");
        return call(*object);
    });
}

// The size as Qt 5 takes it, and as a qtb_result holds it.
inline int length(size_t size) {
    if (size > static_cast<size_t>(std::numeric_limits<int>::max()))
        throw std::length_error("a string of more than 2 GiB");
    return static_cast<int>(size);
}

inline QString utf8(const char *data, size_t size) {
    const QString s = QString::fromUtf8(data, length(size));
    // fromUtf8() drops one byte order mark at the start; a peer's QString can
    // begin with one.
    const bool dropped = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0;
    return dropped ? QChar(QChar::ByteOrderMark) + s : s;
}

// Bytes that are the whole answer: without them there is none.
inline qtb_result bytes(const QByteArray &b) {
    const qtb_result r = result(1, 0, b.constData(), length(static_cast<size_t>(b.size())));
    if (r.text == nullptr)
        throw std::bad_alloc();
    return r;
}

inline bool isMode(int32_t mode) {
    return mode == QSharedMemory::ReadOnly || mode == QSharedMemory::ReadWrite;
}

inline bool isSemaphoreMode(int32_t mode) {
    return mode == QSystemSemaphore::Open || mode == QSystemSemaphore::Create;
}

inline qtb_result badMode() { return failure(QTB_ARGUMENT, "no such access mode"); }

}  // namespace qtb

#endif
