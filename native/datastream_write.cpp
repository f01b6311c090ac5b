//go:build linux || windows

#include "datastream.h"

namespace qtb {
namespace {

QString stringFrom(Input &in) {
    const quint32 n = in.number<quint32>();
    if (n == nullSize)
        return QString();
    const uchar *units = in.take(size_t(n) * 2);
    QString s(length(n), Qt::Uninitialized);
    qFromLittleEndian<quint16>(units, n, s.data());
    return s;
}

QDate dateFrom(Input &in) { return QDate::fromJulianDay(in.number<qint64>()); }

QTime timeFrom(Input &in) {
    const qint32 ms = in.number<qint32>();
    return ms < 0 ? QTime() : QTime::fromMSecsSinceStartOfDay(ms);
}

QDateTime dateTimeFrom(Input &in) {
    const QDate date = dateFrom(in);
    const QTime time = timeFrom(in);
    const uchar spec = in.number<uchar>();
    const qint32 offset = in.number<qint32>();
    const QByteArray zone = in.bytes();
    switch (spec) {
        case Qt::UTC:
            return inUtc(date, time);
        case Qt::OffsetFromUTC:
            return atOffset(date, time, offset);
        case Qt::TimeZone: {
            const QTimeZone there(zone);
            if (!there.isValid())
                throw std::invalid_argument("this Qt has no time zone " + zone.toStdString());
            return QDateTime(date, time, there);
        }
    }
    return date.isValid() ? QDateTime(date, time) : QDateTime();
}

QBitArray bitsFrom(Input &in) {
    const quint32 n = in.number<quint32>();
    const uchar *from = in.take((size_t(n) + 7) / 8);
    QBitArray bits(length(n));
    for (quint32 i = 0; i < n; ++i) bits.setBit(int(i), (from[i / 8] >> (i % 8) & 1) != 0);
    return bits;
}

QUrl urlFrom(Input &in) {
    const QByteArray encoded = in.bytes();
    const QUrl url = QUrl::fromEncoded(encoded);
    if (!url.isValid() && !encoded.isEmpty())
        throw std::invalid_argument("no URL for Qt: " + url.errorString().toStdString());
    return url;
}

// A value of any type as the only element of a JSON array.
QJsonValue jsonFrom(Input &in) {
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson("[" + in.bytes() + "]", &error);
    if (error.error != QJsonParseError::NoError)
        throw std::invalid_argument("no JSON for Qt: " + error.errorString().toStdString());
    return document.array().at(0);
}

QJsonDocument documentFrom(Input &in) {
    const QJsonValue value = jsonFrom(in);
    if (value.isObject())
        return QJsonDocument(value.toObject());
    if (value.isArray())
        return QJsonDocument(value.toArray());
    if (value.isNull())
        return QJsonDocument();
    throw std::invalid_argument("a QJsonDocument is an object or an array");
}

// Calls use with the value of a type that has no parts. False if tag is none of these.
template <typename Use>
bool leaf(Tag tag, Input &in, Use use) {
    const auto i32 = [&] { return in.number<qint32>(); };
    const auto real = [&] { return in.real(); };
    switch (tag) {
        case Bool:
            use(in.number<uchar>() != 0);
            return true;
        case Int8:
            use(static_cast<signed char>(in.number<qint8>()));
            return true;
        case UInt8:
            use(in.number<uchar>());
            return true;
        case Int16:
            use(in.number<qint16>());
            return true;
        case UInt16:
            use(in.number<quint16>());
            return true;
        case Int32:
            use(in.number<qint32>());
            return true;
        case UInt32:
            use(in.number<quint32>());
            return true;
        case Int64:
            use(in.number<qint64>());
            return true;
        case UInt64:
            use(in.number<quint64>());
            return true;
        case Float:
            use(static_cast<float>(in.real()));
            return true;
        case Double:
            use(in.real());
            return true;
        case Char:
            use(QChar(in.number<quint16>()));
            return true;
        case String:
            use(stringFrom(in));
            return true;
        case Bytes:
            use(in.bytes());
            return true;
        case Date:
            use(dateFrom(in));
            return true;
        case Time:
            use(timeFrom(in));
            return true;
        case DateTime:
            use(dateTimeFrom(in));
            return true;
        case Uuid:
            use(QUuid::fromRfc4122(QByteArray(reinterpret_cast<const char *>(in.take(16)), 16)));
            return true;
        case Url:
            use(urlFrom(in));
            return true;
        case Size: {
            const int w = i32(), h = i32();
            use(QSize(w, h));
            return true;
        }
        case SizeF: {
            const double w = real(), h = real();
            use(QSizeF(w, h));
            return true;
        }
        case Point: {
            const int x = i32(), y = i32();
            use(QPoint(x, y));
            return true;
        }
        case PointF: {
            const double x = real(), y = real();
            use(QPointF(x, y));
            return true;
        }
        case Rect: {
            QRect r;
            const int x1 = i32(), y1 = i32(), x2 = i32(), y2 = i32();
            r.setCoords(x1, y1, x2, y2);
            use(r);
            return true;
        }
        case RectF: {
            const double x = real(), y = real(), w = real(), h = real();
            use(QRectF(x, y, w, h));
            return true;
        }
        case Line: {
            const int x1 = i32(), y1 = i32(), x2 = i32(), y2 = i32();
            use(QLine(x1, y1, x2, y2));
            return true;
        }
        case LineF: {
            const double x1 = real(), y1 = real(), x2 = real(), y2 = real();
            use(QLineF(x1, y1, x2, y2));
            return true;
        }
        case Bits:
            use(bitsFrom(in));
            return true;
        case JsonValue:
            use(jsonFrom(in));
            return true;
        case JsonDocument:
            use(documentFrom(in));
            return true;
        case JsonObject:
            use(jsonFrom(in).toObject());
            return true;
        case JsonArray:
            use(jsonFrom(in).toArray());
            return true;
        default:
            return false;
    }
}

[[noreturn]] void unknown(Tag tag) {
    throw std::invalid_argument("Go has sent the type " + std::to_string(tag));
}

class Writer {
 public:
    Writer(QDataStream &stream, Input &in) : stream_(stream), in_(in) {}

    void value(int depth) {
        if (depth > streamDepth)
            throw std::length_error("more than 200 containers within each other");
        const Tag tag = in_.tag();
        switch (tag) {
            case Cbor:  // as operator<<(QCborValue) does, which is of those bytes
                stream_ << in_.bytes();
                return;
            case Variant:
                variant(depth + 1);
                return;
            case List:
            case StringList:
                elements(depth, 1);
                return;
            case Map:
            case Hash:
                elements(depth, 2);
                return;
            default:
                if (!leaf(tag, in_, [&](const auto &v) { stream_ << v; }))
                    unknown(tag);
        }
    }

 private:
    // The number of elements, as Qt's containers write it, and the elements.
    void elements(int depth, int parts) {
        const quint32 n = in_.number<quint32>();
        stream_ << n;
        for (quint64 i = 0; i < quint64(n) * parts; ++i) value(depth + 1);
    }

    void variant(int depth) {
        const uchar *start = in_.at();
        const Tag tag = in_.tag();
        switch (tag) {
            case Invalid:
                stream_ << QVariant();
                return;
            case Null:
                null(in_.tag());
                return;
            case List:
                header(QVariant(QVariantList()), 4);
                break;
            case Map:
                header(QVariant(QVariantMap()), 4);
                break;
            case Hash:
                header(QVariant(QVariantHash()), 4);
                break;
            case StringList:
                header(QVariant(QStringList()), 4);
                break;
            case Cbor:
                header(QVariant::fromValue(QCborValue()), 4 + 1);
                break;
            default:
                if (!leaf(tag, in_, [&](const auto &v) { stream_ << QVariant::fromValue(v); }))
                    unknown(tag);
                return;
        }
        in_.goTo(start);
        value(depth);
    }

    // A QVariant that has a type, of the tag, and no value. A null value of it says which.
    void null(Tag tag) {
        static const char zeros[32] = {};
        if (tag == StringList || tag == List || tag == Map || tag == Hash || tag == Cbor)
            return nullOf(tag == StringList ? QVariant(QStringList())
                          : tag == List     ? QVariant(QVariantList())
                          : tag == Map      ? QVariant(QVariantMap())
                          : tag == Hash     ? QVariant(QVariantHash())
                                            : QVariant::fromValue(QCborValue()));
        if (tag == JsonValue || tag == JsonDocument || tag == JsonObject || tag == JsonArray)
            return nullOf(tag == JsonValue      ? QVariant::fromValue(QJsonValue())
                          : tag == JsonDocument ? QVariant::fromValue(QJsonDocument())
                          : tag == JsonObject   ? QVariant::fromValue(QJsonObject())
                                                : QVariant::fromValue(QJsonArray()));
        Input zero(zeros, sizeof zeros);
        if (!leaf(tag, zero, [&](const auto &v) { nullOf(QVariant::fromValue(v)); }))
            unknown(tag);
    }

    void nullOf(const QVariant &sample) {
#if QT_VERSION_MAJOR >= 6
        stream_ << QVariant(sample.metaType());
#else
        stream_ << QVariant(static_cast<QVariant::Type>(sample.userType()));
#endif
    }

    // What Qt writes of a QVariant before its value: the sample has one of tail bytes.
    void header(const QVariant &sample, int tail) {
        QByteArray bytes;
        {
            QDataStream stream(&bytes, QIODevice::WriteOnly);
            stream.setVersion(stream_.version());
            stream.setByteOrder(stream_.byteOrder());
            stream << sample;
        }
        stream_.writeRawData(bytes.constData(), int(bytes.size()) - tail);
    }

    QDataStream &stream_;
    Input &in_;
};

}  // namespace
}  // namespace qtb

extern "C" {

int32_t qtb_stream_max_version(void) { return QDataStream().version(); }

qtb_result qtb_stream_write(const char *values, size_t size, int32_t version, int32_t flags) {
    return qtb::guarded([&] {
        QByteArray message;
        message.reserve(qtb::length(size));
        QDataStream stream(&message, QIODevice::WriteOnly);
        qtb::configure(stream, version, flags);
        qtb::Input in(values, size);
        qtb::Writer writer(stream, in);
        while (!in.atEnd()) writer.value(0);
        return qtb::bytes(message);
    });
}

}  // extern "C"
