//go:build linux || windows

#include "datastream.h"
#include "datastream_picture.h"

#include <vector>

namespace qtb {
namespace {

// Where the stream writes. A QBuffer does the same, and looks at more for each number.
class Sink : public QIODevice {
 public:
    Sink() { open(WriteOnly | Unbuffered); }
    bool isSequential() const override { return true; }
    void writeTo(Room &room) { room_ = &room; }

 protected:
    qint64 readData(char *, qint64) override { return -1; }
    qint64 writeData(const char *data, qint64 n) override {
        char *to = room_->more(size_t(n));
        if (n == 4)  // one instruction, and most writes are of these two sizes
            memcpy(to, data, 4);
        else if (n == 8)
            memcpy(to, data, 8);
        else
            memcpy(to, data, size_t(n));
        return n;
    }

 private:
    Room *room_ = nullptr;
};

bool isAscii(const uchar *from, quint32 n) {
    quint64 all = 0;
    for (; n >= sizeof all; from += sizeof all, n -= sizeof all) {
        quint64 word;
        memcpy(&word, from, sizeof word);
        all |= word;
    }
    for (quint32 i = 0; i < n; ++i) all |= from[i];
    return (all & 0x8080808080808080) == 0;
}

// The values from Go.
class Values : public Input {
 public:
    Values(const char *data, size_t size, QString &text) : Input(data, size), text_(text) {}

    // Valid until the next one.
    const QString &text() {
        const quint32 n = number<quint32>();
        if (n == nullSize)
            return text_ = QString();
        const uchar *from = take(n);
        const char *chars = reinterpret_cast<const char *>(from);
        if (isAscii(from, n))
            text_ = QLatin1String(chars, length(n));  // into the memory that it has
        else
            text_ = utf8(chars, n);
        return text_;
    }

 private:
    QString &text_;
};

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

QJsonObject objectFrom(Input &in) {
    const QJsonValue value = jsonFrom(in);
    if (!value.isObject() && !value.isNull() && !value.isUndefined())
        throw std::invalid_argument("the JSON is no object");
    return value.toObject();
}

QJsonArray arrayFrom(Input &in) {
    const QJsonValue value = jsonFrom(in);
    if (!value.isArray() && !value.isNull() && !value.isUndefined())
        throw std::invalid_argument("the JSON is no array");
    return value.toArray();
}

// Calls use with the value of a type that has no parts. False if tag is none of these.
template <typename Use>
bool leaf(Tag tag, Values &in, Use use) {
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
            use(in.text());
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
            use(objectFrom(in));
            return true;
        case JsonArray:
            use(arrayFrom(in));
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
    Writer(QDataStream &stream, Values &in) : stream_(stream), in_(in) {}

    void value(int depth) {
        if (depth > streamDepth)
            throw std::length_error("more than 200 containers within each other");
        const Tag tag = in_.tag();
        // Two that leaf() has as well, sooner: most values are of these.
        if (tag == String)
            stream_ << in_.text();
        else if (tag == Double)
            stream_ << in_.real();
        else
            other(tag, depth);
    }

 private:
    void other(Tag tag, int depth) {
        switch (tag) {
            case Cbor:  // as operator<<(QCborValue) does, which is of those bytes
                stream_ << in_.bytes();
                return;
            case Image:
            case Pixmap:
            case Bitmap:
                picture();
                return;
            case Variant:
                variant(depth);
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

    void picture() {
        const quint32 n = in_.number<quint32>();
        stream_ << qint32(n != nullSize);
        if (n == nullSize)
            return;
        const char *png = reinterpret_cast<const char *>(in_.take(n));
        const PngSize size = pngSize(png, n);
        if (size.code != 0 || size.size != n)
            throw std::invalid_argument(size.code != 0
                                            ? "a picture without a PNG: " + size.what.toStdString()
                                            : "a picture with bytes after its PNG");
        stream_.writeRawData(png, length(n));
    }

    // What a QVariant has before a picture.
    void pictureHead(Tag tag, bool isNull) {
        stream_ << idOfPicture(tag, stream_.version());
        if (stream_.version() >= QDataStream::Qt_4_2)
            stream_ << isNull;
    }

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
            case Map:
            case Hash:
            case StringList:
            case Cbor:
                header(tag);
                break;
            case Image:
            case Pixmap:
            case Bitmap:
                pictureHead(tag, false);
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
        if (isPicture(tag)) {
            pictureHead(tag, true);
            stream_ << qint32(0);
            return;
        }
        if (tag == StringList || tag == List || tag == Map || tag == Hash || tag == Cbor)
            return nullOf(container(tag));
        if (tag == JsonValue || tag == JsonDocument || tag == JsonObject || tag == JsonArray)
            return nullOf(tag == JsonValue      ? QVariant::fromValue(QJsonValue())
                          : tag == JsonDocument ? QVariant::fromValue(QJsonDocument())
                          : tag == JsonObject   ? QVariant::fromValue(QJsonObject())
                                                : QVariant::fromValue(QJsonArray()));
        QString text;
        Values zero(zeros, sizeof zeros, text);
        if (!leaf(tag, zero, [&](const auto &v) { nullOf(QVariant::fromValue(v)); }))
            unknown(tag);
    }

    // One whose value is written by elements(), or in the case of CBOR as bytes.
    static QVariant container(Tag tag) {
        switch (tag) {
            case List:
                return QVariantList();
            case Map:
                return QVariantMap();
            case Hash:
                return QVariantHash();
            case StringList:
                return QStringList();
            default:
                return QVariant::fromValue(QCborValue());
        }
    }

    void nullOf(const QVariant &sample) {
#if QT_VERSION_MAJOR >= 6
        stream_ << QVariant(sample.metaType());
#else
        stream_ << QVariant(static_cast<QVariant::Type>(sample.userType()));
#endif
    }

    // What Qt writes of a QVariant before its value: that of an empty one has 4 bytes, and
    // CBOR's 5.
    void header(Tag tag) {
        for (const Header &h : headers_) {
            if (h.tag == tag) {
                stream_.writeRawData(h.bytes.constData(), int(h.bytes.size()));
                return;
            }
        }
        Header h{tag, QByteArray()};
        {
            QDataStream stream(&h.bytes, QIODevice::WriteOnly);
            stream.setVersion(stream_.version());
            stream.setByteOrder(stream_.byteOrder());
            stream << container(tag);
        }
        h.bytes.chop(tag == Cbor ? 4 + 1 : 4);
        headers_.push_back(h);
        header(tag);
    }

    struct Header {
        Tag tag;
        QByteArray bytes;
    };

    QDataStream &stream_;
    Values &in_;
    std::vector<Header> headers_;  // that were made
};

}  // namespace
}  // namespace qtb

extern "C" {

int32_t qtb_stream_max_version(void) { return QDataStream().version(); }

qtb_result qtb_stream_write(const char *values, size_t size, char *room, size_t room_size,
                            int32_t version, int32_t flags) {
    return qtb::guarded([&] {
        qtb::Room message(room, room_size);
        auto &stream = qtb::Stream<qtb::Sink>::here(version, flags);
        stream.device.writeTo(message);
        qtb::Values in(values, size, stream.text);
        qtb::Writer writer(stream.stream, in);
        while (!in.atEnd()) writer.value(0);
        return message.result(1);
    });
}

}  // extern "C"
