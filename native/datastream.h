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
    Variant = 'V',
    Null = 'N',
    List = 'L',
    Map = 'M',
    Hash = 'H',
    Tuple = 'T',
    Array = 'A'
};

constexpr quint32 nullSize = 0xFFFFFFFF;
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

inline void configure(QDataStream &stream, int32_t version, int32_t flags) {
    stream.setVersion(version);
    stream.setByteOrder((flags & QTB_STREAM_LITTLE) != 0 ? QDataStream::LittleEndian
                                                         : QDataStream::BigEndian);
    // The default before 4.6 is single, and since then double.
    if ((flags & QTB_STREAM_SINGLE) != 0)
        stream.setFloatingPointPrecision(QDataStream::SinglePrecision);
}

}  // namespace qtb

#endif
