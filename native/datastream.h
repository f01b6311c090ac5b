// What datastream_read.cpp and datastream_write.cpp have in common: the form in which
// values cross between Go and C++. native/streamtypes.go describes it.

#ifndef QTB_DATASTREAM_H
#define QTB_DATASTREAM_H

#include "qtheaders.h"

#include <QBitArray>
#include <QByteArray>
#include <QCborValue>
#include <QDataStream>
#include <QDateTime>
#include <QIODevice>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QJsonValue>
#include <QLine>
#include <QLineF>
#include <QPoint>
#include <QPointF>
#include <QRect>
#include <QRectF>
#include <QSize>
#include <QSizeF>
#include <QString>
#include <QStringList>
#include <QTimeZone>
#include <QUrl>
#include <QUuid>
#include <QVariant>
#include <QtEndian>
#include <stdexcept>
#include <vector>

#include "guard.h"

namespace qtb {

enum Tag : uchar {
    Invalid = 0,
    Bool,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float,
    Double,
    Char,
    String,
    Bytes,
    Date,
    Time,
    DateTime,
    Uuid,
    Url,
    Size,
    SizeF,
    Point,
    PointF,
    Rect,
    RectF,
    Line,
    LineF,
    Bits,
    JsonValue,
    JsonDocument,
    Cbor,
    StringList,  // within a QVariant
    JsonObject,  // within a QVariant
    JsonArray,   // within a QVariant
    Image,
    Pixmap,
    Bitmap,
    Variant = 'V',
    Null = 'N',
    List = 'L',
    Map = 'M',
    Hash = 'H',
    Tuple = 'T',
    Array = 'A'
};

constexpr quint32 nullSize = 0xFFFFFFFF;
constexpr quint32 noText = 0xFFFFFFFE;
constexpr int streamDepth = 200;  // containers within each other

// The bytes of a value or of a type, as they come from Go.
class Input {
 public:
    Input(const char *data, size_t size)
        : at_(reinterpret_cast<const uchar *>(data)), end_(at_ + size) {}

    bool atEnd() const { return at_ == end_; }
    const uchar *at() const { return at_; }
    void goTo(const uchar *at) { at_ = at; }

    const uchar *take(size_t n) {
        if (n > static_cast<size_t>(end_ - at_))
            throw std::invalid_argument("the values from Go end early");
        const uchar *from = at_;
        at_ += n;
        return from;
    }
    template <typename T>
    T number() {
        return qFromLittleEndian<T>(take(sizeof(T)));
    }
    double real() {
        const quint64 bits = number<quint64>();
        double d;
        memcpy(&d, &bits, sizeof d);
        return d;
    }
    Tag tag() { return static_cast<Tag>(*take(1)); }
    QByteArray bytes() {
        const quint32 n = number<quint32>();
        if (n == nullSize)
            return QByteArray();
        return QByteArray(reinterpret_cast<const char *>(take(n)), length(n));
    }

 private:
    const uchar *at_;
    const uchar *end_;
};

// Bytes for Go: in the room that it gives, or in memory of their own if that is too small.
class Room {
 public:
    Room(char *given, size_t size) : start_(given), at_(given), end_(given + size) {}
    Room(const Room &) = delete;
    Room &operator=(const Room &) = delete;
    ~Room() {
        if (own_)
            free(start_);
    }

    // n bytes more, of which the caller need not use all: see shrink.
    char *more(size_t n) {
        if (n > static_cast<size_t>(end_ - at_))
            grow(n);
        char *from = at_;
        at_ += n;
        return from;
    }
    void shrink(char *end) { at_ = end; }
    void append(const char *data, size_t n) {
        if (n != 0)
            memcpy(more(n), data, n);
    }

    // The bytes are in text only if they are not in the room that was given.
    qtb_result result(int64_t value) {
        qtb_result r = {value, nullptr, nullptr, length(size_t(at_ - start_)), 0};
        if (own_) {
            r.text = start_;
            own_ = false;
        }
        return r;
    }

 private:
    void grow(size_t n) {
        const size_t used = size_t(at_ - start_);
        if (used > SIZE_MAX / 4 || n > SIZE_MAX / 4)
            throw std::bad_alloc();
        const size_t size = 2 * (used + n) + 256;
        char *bigger = static_cast<char *>(realloc(own_ ? start_ : nullptr, size));
        if (bigger == nullptr)
            throw std::bad_alloc();
        if (!own_ && used != 0)
            memcpy(bigger, start_, used);
        own_ = true;
        start_ = bigger;
        at_ = bigger + used;
        end_ = bigger + size;
    }

    char *start_;
    char *at_;
    char *end_;
    bool own_ = false;
};

// Qt 6.5 has other constructors than before.
inline QDateTime inUtc(const QDate &date, const QTime &time) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    return QDateTime(date, time, QTimeZone::UTC);
#else
    return QDateTime(date, time, Qt::UTC);
#endif
}

inline QDateTime atOffset(const QDate &date, const QTime &time, int seconds) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    return QDateTime(date, time, QTimeZone::fromSecondsAheadOfUtc(seconds));
#else
    return QDateTime(date, time, Qt::OffsetFromUTC, seconds);
#endif
}

// A QDataStream over a Device. To make one takes as long as ten numbers take to write, so
// each thread keeps one.
template <typename Device>
class Stream {
 public:
    static Stream &here(int32_t version, int32_t flags) {
#ifdef Q_OS_WIN
        // MinGW frees what is of a thread before it is destroyed: so one stays of each thread.
        static thread_local Stream *const kept = new Stream;
        Stream &stream = *kept;
#else
        static thread_local Stream stream;
#endif
        stream.configure(version, flags);
        return stream;
    }

    Device device;
    QDataStream stream;
    QString text;  // for one text after the other: as long as there is room none is allocated
    std::vector<quint32> path;  // the same for where a value is

 private:
    Stream() : stream(&device) {}

    void configure(int32_t version, int32_t flags) {
        path.clear();
        if (text.isNull() || text.capacity() > 1 << 16) {
            text = QString();
            text.reserve(64);
        }
        stream.resetStatus();
        stream.setVersion(version);
        stream.setByteOrder((flags & QTB_STREAM_LITTLE) != 0 ? QDataStream::LittleEndian
                                                             : QDataStream::BigEndian);
        // The default before 4.6 is single, and since then double.
        stream.setFloatingPointPrecision((flags & QTB_STREAM_SINGLE) != 0
                                             ? QDataStream::SinglePrecision
                                             : QDataStream::DoublePrecision);
    }
};

}  // namespace qtb

#endif
