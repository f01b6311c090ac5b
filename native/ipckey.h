// QNativeIpcKey, and the functions of QSharedMemory and QSystemSemaphore that take or
// return one, for a shim that is compiled against any Qt. They are in Qt since 6.6.
//
// A program compiled against an earlier Qt 6 may run with a later one, as Qt promises,
// and there it needs them: only by such a key can a segment have a lock of another key
// (qtbridge/privatelock.go), and without that Qt would delete key files of others. So
// where the headers do not have them they are declared here, as weak references: these
// are null if the Qt that is loaded does not have them either, as hasIpcKeys() tells.
//
// It rests on what Qt 6 does not change for as long as it is Qt 6: the names of these
// functions, and the layout of the class, which its inline functions have put into each
// program that uses it.

#ifndef QTB_IPCKEY_H
#define QTB_IPCKEY_H

#include "qtheaders.h"

#include <QSharedMemory>
#include <QString>
#include <QSystemSemaphore>

#define QTB_HEADERS_HAVE_IPC_KEYS (QT_VERSION >= QT_VERSION_CHECK(6, 6, 0))

#if !QTB_HEADERS_HAVE_IPC_KEYS
// Part of Qt's class: what is needed of it. It is named as in Qt, and so are its
// functions in the library.
class QNativeIpcKey {
 public:
    enum class Type : quint16 { SystemV = 0x51, PosixRealtime = 0x100, Windows };

#ifdef Q_OS_WIN
    static constexpr Type DefaultTypeForOs = Type::Windows;
    static Type legacyDefaultTypeForOs() noexcept { return Type::Windows; }
#else
    static constexpr Type DefaultTypeForOs = Type::PosixRealtime;
    // A Qt that has POSIX here tells its users by a macro, which this one does not have.
    static Type legacyDefaultTypeForOs() noexcept { return Type::SystemV; }
#endif

    QNativeIpcKey(const QString &key, Type type) : m_key(key), m_type(type) {}
    QNativeIpcKey(const QNativeIpcKey &) = delete;
    QNativeIpcKey &operator=(const QNativeIpcKey &) = delete;
    ~QNativeIpcKey() {
        if (m_private != nullptr)
            destroy_internal();
    }

    [[gnu::weak]] static QNativeIpcKey fromString(const QString &text);
    [[gnu::weak]] QString toString() const;

    bool isValid() const { return m_type != Type{}; }
    QString nativeKey() const { return m_key; }
    Type type() const { return m_type; }
    void setType(Type type) { m_type = type; }  // Qt's setType_internal() has nothing to do

 private:
    [[gnu::weak]] void destroy_internal() noexcept;

    void *m_private = nullptr;
    QString m_key;
    Type m_type;
    quint16 m_reserved1 = 0;
    quint32 m_reserved2 = 0;
};
#endif

namespace qtb {

#if QTB_HEADERS_HAVE_IPC_KEYS

// What is declared above for other headers.
struct IpcKeyLayout {
    void *d;
    QString key;
    quint16 type, reserved1;
    quint32 reserved2;
};
static_assert(sizeof(QNativeIpcKey) == sizeof(IpcKeyLayout) &&
                  alignof(QNativeIpcKey) == alignof(IpcKeyLayout),
              "QNativeIpcKey has changed");

inline bool hasIpcKeys() { return true; }

inline QSharedMemory *newSharedMemory(const QNativeIpcKey &key) { return new QSharedMemory(key); }

inline QSystemSemaphore *newSystemSemaphore(const QNativeIpcKey &key, int initial,
                                            QSystemSemaphore::AccessMode mode) {
    return new QSystemSemaphore(key, initial, mode);
}

inline void setNativeKey(QSharedMemory &object, const QNativeIpcKey &key) {
    object.setNativeKey(key);
}

inline QNativeIpcKey nativeIpcKey(const QSharedMemory &object) { return object.nativeIpcKey(); }

inline void setNativeKey(QSystemSemaphore &object, const QNativeIpcKey &key, int initial,
                         QSystemSemaphore::AccessMode mode) {
    object.setNativeKey(key, initial, mode);
}

inline QNativeIpcKey nativeIpcKey(const QSystemSemaphore &object) { return object.nativeIpcKey(); }

constexpr auto sharedMemoryIsKeyTypeSupported = &QSharedMemory::isKeyTypeSupported;
constexpr auto sharedMemoryPlatformSafeKey = &QSharedMemory::platformSafeKey;
constexpr auto sharedMemoryLegacyNativeKey = &QSharedMemory::legacyNativeKey;
constexpr auto systemSemaphoreIsKeyTypeSupported = &QSystemSemaphore::isKeyTypeSupported;
constexpr auto systemSemaphorePlatformSafeKey = &QSystemSemaphore::platformSafeKey;
constexpr auto systemSemaphoreLegacyNativeKey = &QSystemSemaphore::legacyNativeKey;

#else

// A function cannot be added to a class that is there, so these are named as the
// library has them. A member function is called as one with the object before its
// arguments is.
#define QTB_WEAK(symbol) __asm__(symbol) __attribute__((weak))

void construct(QSharedMemory *place, const QNativeIpcKey &key, QObject *parent)
    QTB_WEAK("_ZN13QSharedMemoryC1ERK13QNativeIpcKeyP7QObject");
void setNativeKey(QSharedMemory &object, const QNativeIpcKey &key)
    QTB_WEAK("_ZN13QSharedMemory12setNativeKeyERK13QNativeIpcKey");
QNativeIpcKey nativeIpcKey(const QSharedMemory &object)
    QTB_WEAK("_ZNK13QSharedMemory12nativeIpcKeyEv");
bool sharedMemoryIsKeyTypeSupported(QNativeIpcKey::Type type)
    QTB_WEAK("_ZN13QSharedMemory18isKeyTypeSupportedEN13QNativeIpcKey4TypeE");
QNativeIpcKey sharedMemoryPlatformSafeKey(const QString &key, QNativeIpcKey::Type type)
    QTB_WEAK("_ZN13QSharedMemory15platformSafeKeyERK7QStringN13QNativeIpcKey4TypeE");
QNativeIpcKey sharedMemoryLegacyNativeKey(const QString &key, QNativeIpcKey::Type type)
    QTB_WEAK("_ZN13QSharedMemory15legacyNativeKeyERK7QStringN13QNativeIpcKey4TypeE");

void construct(QSystemSemaphore *place, const QNativeIpcKey &key, int initial,
               QSystemSemaphore::AccessMode mode)
    QTB_WEAK("_ZN16QSystemSemaphoreC1ERK13QNativeIpcKeyiNS_10AccessModeE");
void setNativeKey(QSystemSemaphore &object, const QNativeIpcKey &key, int initial,
                  QSystemSemaphore::AccessMode mode)
    QTB_WEAK("_ZN16QSystemSemaphore12setNativeKeyERK13QNativeIpcKeyiNS_10AccessModeE");
QNativeIpcKey nativeIpcKey(const QSystemSemaphore &object)
    QTB_WEAK("_ZNK16QSystemSemaphore12nativeIpcKeyEv");
bool systemSemaphoreIsKeyTypeSupported(QNativeIpcKey::Type type)
    QTB_WEAK("_ZN16QSystemSemaphore18isKeyTypeSupportedEN13QNativeIpcKey4TypeE");
QNativeIpcKey systemSemaphorePlatformSafeKey(const QString &key, QNativeIpcKey::Type type)
    QTB_WEAK("_ZN16QSystemSemaphore15platformSafeKeyERK7QStringN13QNativeIpcKey4TypeE");
QNativeIpcKey systemSemaphoreLegacyNativeKey(const QString &key, QNativeIpcKey::Type type)
    QTB_WEAK("_ZN16QSystemSemaphore15legacyNativeKeyERK7QStringN13QNativeIpcKey4TypeE");

#undef QTB_WEAK

// What a new-expression does.
template <typename Object, typename... Args>
Object *constructed(const Args &...args) {
    auto *place = static_cast<Object *>(::operator new(sizeof(Object)));
    try {
        construct(place, args...);
    } catch (...) {
        ::operator delete(place);
        throw;
    }
    return place;
}

inline QSharedMemory *newSharedMemory(const QNativeIpcKey &key) {
    return constructed<QSharedMemory>(key, nullptr);
}

inline QSystemSemaphore *newSystemSemaphore(const QNativeIpcKey &key, int initial,
                                            QSystemSemaphore::AccessMode mode) {
    return constructed<QSystemSemaphore>(key, initial, mode);
}

// They came together. Qt 5 has none; if there is a Qt 6 in the program as well, these
// are its own.
inline bool hasIpcKeys() { return QT_VERSION_MAJOR == 6 && &QNativeIpcKey::fromString != nullptr; }

#endif

}  // namespace qtb

#endif
