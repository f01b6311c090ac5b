//go:build linux || windows

#include "datastream.h"
#include "datastream_picture.h"

#include <climits>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace qtb {
namespace {

// What is wrong with a message, and where.
struct Trouble {
    int code;
    qint64 at;
    const char *expected;
    QString what;
};

// Where the stream reads. A QBuffer does the same, and looks at more for each number.
class Source : public QIODevice {
 public:
    Source() { open(ReadOnly | Unbuffered); }
    bool isSequential() const override { return true; }
    void readFrom(const char *data, size_t size) {
        data_ = data;
        size_ = length(size);
        at_ = 0;
    }

    qint64 at() const { return at_; }
    qint64 left() const { return size_ - at_; }
    const char *ahead(qint64 n) const { return data_ + at_ + n; }
    void leave(qint64 n) { at_ += n; }

 protected:
    qint64 readData(char *to, qint64 n) override {
        n = qMin(n, left());
        if (n > 0)
            memcpy(to, data_ + at_, size_t(n));
        at_ += n;
        return n;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

 private:
    const char *data_ = nullptr;
    qint64 size_ = 0;
    qint64 at_ = 0;
};

// QChars as UTF-8 at to, which has 3 bytes for each. Returns the end of it, or nullptr at a half of
// a surrogate pair, whose number is then in bad.
uchar *toUtf8(const ushort *units, int n, uchar *to, int &bad) {
    int i = 0;
#ifdef __SSE2__
    for (; n - i >= 16; i += 16, to += 16) {
        const __m128i *from = reinterpret_cast<const __m128i *>(units + i);
        const __m128i low = _mm_loadu_si128(from), high = _mm_loadu_si128(from + 1);
        const __m128i above = _mm_and_si128(_mm_or_si128(low, high), _mm_set1_epi16(short(0xFF80)));
        if (_mm_movemask_epi8(_mm_cmpeq_epi16(above, _mm_setzero_si128())) != 0xFFFF)
            break;
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to), _mm_packus_epi16(low, high));
    }
#endif
    for (; i < n; ++i) {
        const uint unit = units[i];
        if (unit < 0x80) {
            *to++ = uchar(unit);
        } else if (unit < 0x800) {
            *to++ = uchar(0xC0 | unit >> 6);
            *to++ = uchar(0x80 | (unit & 0x3F));
        } else if (!QChar::isSurrogate(unit)) {
            *to++ = uchar(0xE0 | unit >> 12);
            *to++ = uchar(0x80 | (unit >> 6 & 0x3F));
            *to++ = uchar(0x80 | (unit & 0x3F));
        } else if (QChar::isHighSurrogate(unit) && i + 1 < n &&
                   QChar::isLowSurrogate(units[i + 1])) {
            const uint c = QChar::surrogateToUcs4(ushort(unit), units[++i]);
            *to++ = uchar(0xF0 | c >> 18);
            *to++ = uchar(0x80 | (c >> 12 & 0x3F));
            *to++ = uchar(0x80 | (c >> 6 & 0x3F));
            *to++ = uchar(0x80 | (c & 0x3F));
        } else {
            bad = i;
            return nullptr;
        }
    }
    return to;
}

// Values on their way to Go.
class Output {
 public:
    Output(char *room, size_t size) : room_(room, size) {}

    qtb_result result(qint64 value) { return room_.result(value); }

    template <typename T>
    void number(T n) {
        qToLittleEndian(n, room_.more(sizeof n));
    }
    void real(double d) {
        quint64 bits;
        memcpy(&bits, &d, sizeof bits);
        number(bits);
    }
    void tag(Tag tag) { *room_.more(1) = static_cast<char>(tag); }

    void add(bool v) { put(Bool, static_cast<uchar>(v)); }
    void add(signed char v) { put(Int8, static_cast<qint8>(v)); }
    void add(uchar v) { put(UInt8, v); }
    void add(qint16 v) { put(Int16, v); }
    void add(quint16 v) { put(UInt16, v); }
    void add(qint32 v) { put(Int32, v); }
    void add(quint32 v) { put(UInt32, v); }
    void add(qint64 v) { put(Int64, v); }
    void add(quint64 v) { put(UInt64, v); }
    void add(float v) { reals(Float, {double(v)}); }
    void add(double v) { reals(Double, {v}); }
    void add(QChar v) { put(Char, v.unicode()); }
    void add(const QString &v) {
        tag(String);
        if (v.isNull())
            return number(nullSize);
        const int n = int(v.size());
        char *size = room_.more(4 + 3 * size_t(n));
        uchar *start = reinterpret_cast<uchar *>(size) + 4;
        int bad = 0;
        const uchar *end = toUtf8(v.utf16(), n, start, bad);
        if (end != nullptr) {
            qToLittleEndian(quint32(end - start), size);
            room_.shrink(reinterpret_cast<char *>(const_cast<uchar *>(end)));
            return;
        }
        room_.shrink(size);
        number(noText);
        number(quint32(bad));
    }
    void add(const QByteArray &v, Tag as = Bytes) {
        tag(as);
        if (v.isNull())
            return number(nullSize);
        sized(v);
    }
    void picture(Tag as, qint64 at, quint32 size) {
        tag(as);
        number(quint64(at));
        number(size);
    }
    void add(const QDate &v) { put(Date, qint64(v.toJulianDay())); }
    void add(const QTime &v) { put(Time, v.isValid() ? qint32(v.msecsSinceStartOfDay()) : -1); }
    void add(const QDateTime &v) {
        put(DateTime, qint64(v.date().toJulianDay()));
        number(v.time().isValid() ? qint32(v.time().msecsSinceStartOfDay()) : -1);
        number(static_cast<uchar>(v.timeSpec()));
        number(v.isValid() ? qint32(v.offsetFromUtc()) : 0);
        const QByteArray zone = v.timeSpec() == Qt::TimeZone ? v.timeZone().id() : QByteArray("");
        sized(zone);
    }
    void add(const QUuid &v) {
        tag(Uuid);
        room_.append(v.toRfc4122().constData(), 16);
    }
    void add(const QUrl &v) { add(v.toEncoded(), Url); }
    void add(const QSize &v) { ints(Size, {v.width(), v.height()}); }
    void add(const QSizeF &v) { reals(SizeF, {v.width(), v.height()}); }
    void add(const QPoint &v) { ints(Point, {v.x(), v.y()}); }
    void add(const QPointF &v) { reals(PointF, {v.x(), v.y()}); }
    void add(const QRect &v) { ints(Rect, {v.left(), v.top(), v.right(), v.bottom()}); }
    void add(const QRectF &v) { reals(RectF, {v.x(), v.y(), v.width(), v.height()}); }
    void add(const QLine &v) { ints(Line, {v.x1(), v.y1(), v.x2(), v.y2()}); }
    void add(const QLineF &v) { reals(LineF, {v.x1(), v.y1(), v.x2(), v.y2()}); }
    void add(const QBitArray &v) {
        put(Bits, quint32(v.size()));
        QByteArray bits((v.size() + 7) / 8, '\0');
        for (int i = 0; i < int(v.size()); ++i)
            bits[i / 8] = static_cast<char>(bits[i / 8] | (v.testBit(i) ? 1 << (i % 8) : 0));
        room_.append(bits.constData(), size_t(bits.size()));
    }
    void add(const QJsonValue &v) {
        const QByteArray array = QJsonDocument(QJsonArray{v}).toJson(QJsonDocument::Compact);
        add(array.mid(1, array.size() - 2), JsonValue);
    }
    void add(const QJsonDocument &v) {
        add(v.isNull() ? QByteArray("null") : v.toJson(QJsonDocument::Compact), JsonDocument);
    }
    void add(const QJsonObject &v) {
        add(QJsonDocument(v).toJson(QJsonDocument::Compact), JsonObject);
    }
    void add(const QJsonArray &v) {
        add(QJsonDocument(v).toJson(QJsonDocument::Compact), JsonArray);
    }

 private:
    void sized(const QByteArray &v) {
        number(quint32(v.size()));
        room_.append(v.constData(), size_t(v.size()));
    }
    template <typename T>
    void put(Tag t, T n) {
        tag(t);
        number(n);
    }
    void ints(Tag t, std::initializer_list<qint32> list) {
        tag(t);
        for (const qint32 n : list) number(n);
    }
    void reals(Tag t, std::initializer_list<double> list) {
        tag(t);
        for (const double d : list) real(d);
    }

    Room room_;
};

// How the length before a value counts.
enum class Sized { Not, Bytes, Bits, Json, Zone };

// A type without parts: how Qt calls it, and how few bytes it can have.
struct LeafType {
    Tag tag;
    const char *name;
    int least;
    Sized sized;
};

// From Bool to Bitmap.
constexpr LeafType leafTypes[] = {
    {Bool, "bool", 1, Sized::Not},
    {Int8, "qint8", 1, Sized::Not},
    {UInt8, "quint8", 1, Sized::Not},
    {Int16, "qint16", 2, Sized::Not},
    {UInt16, "quint16", 2, Sized::Not},
    {Int32, "qint32", 4, Sized::Not},
    {UInt32, "quint32", 4, Sized::Not},
    {Int64, "qint64", 8, Sized::Not},
    {UInt64, "quint64", 8, Sized::Not},
    {Float, "float", 4, Sized::Not},
    {Double, "double", 4, Sized::Not},
    {Char, "QChar", 2, Sized::Not},
    {String, "QString", 4, Sized::Bytes},
    {Bytes, "QByteArray", 4, Sized::Bytes},
    {Date, "QDate", 4, Sized::Not},
    {Time, "QTime", 4, Sized::Not},
    {DateTime, "QDateTime", 9, Sized::Zone},
    {Uuid, "QUuid", 16, Sized::Not},
    {Url, "QUrl", 4, Sized::Bytes},
    {Size, "QSize", 8, Sized::Not},
    {SizeF, "QSizeF", 8, Sized::Not},
    {Point, "QPoint", 8, Sized::Not},
    {PointF, "QPointF", 8, Sized::Not},
    {Rect, "QRect", 16, Sized::Not},
    {RectF, "QRectF", 16, Sized::Not},
    {Line, "QLine", 16, Sized::Not},
    {LineF, "QLineF", 16, Sized::Not},
    {Bits, "QBitArray", 4, Sized::Bits},
    {JsonValue, "QJsonValue", 1, Sized::Json},
    {JsonDocument, "QJsonDocument", 4, Sized::Bytes},
    {Cbor, "QCborValue", 4, Sized::Bytes},
    {Invalid, "", 0, Sized::Not},  // a StringList has parts
    {JsonObject, "QJsonObject", 4, Sized::Bytes},
    {JsonArray, "QJsonArray", 4, Sized::Bytes},
    {Image, "QImage", 4, Sized::Not},
    {Pixmap, "QPixmap", 4, Sized::Not},
    {Bitmap, "QBitmap", 4, Sized::Not},
};

const LeafType *leafType(Tag tag) {
    if (tag < Bool || tag > Bitmap || leafTypes[tag - Bool].tag != tag)
        return nullptr;
    return &leafTypes[tag - Bool];
}

// The types that are read out of a QVariant: by its id, that of Qt 5 and 6, which has not
// changed for these. All others are not asked of Qt: it would go as deep as the data says,
// and read a QEasingCurve with a pointer in it.
Tag tagOfId(quint32 id) {
    switch (id) {
        case 1:
            return Bool;
        case 2:
            return Int32;
        case 3:
            return UInt32;
        case 4:
        case 32:  // long: 8 bytes in any stream
            return Int64;
        case 5:
        case 35:
            return UInt64;
        case 6:
            return Double;
        case 7:
            return Char;
        case 8:
            return Map;
        case 9:
            return List;
        case 10:
            return String;
        case 11:
            return StringList;
        case 12:
            return Bytes;
        case 13:
            return Bits;
        case 14:
            return Date;
        case 15:
            return Time;
        case 16:
            return DateTime;
        case 17:
            return Url;
        case 19:
            return Rect;
        case 20:
            return RectF;
        case 21:
            return Size;
        case 22:
            return SizeF;
        case 23:
            return Line;
        case 24:
            return LineF;
        case 25:
            return Point;
        case 26:
            return PointF;
        case 28:
            return Hash;
        case 30:
            return Uuid;
        case 33:
            return Int16;
        case 34:
        case 40:
            return Int8;
        case 36:
            return UInt16;
        case 37:
            return UInt8;
        case 38:
            return Float;
        case 45:
            return JsonValue;
        case 46:
            return JsonObject;
        case 47:
            return JsonArray;
        case 48:
            return JsonDocument;
        case 53:
            return Cbor;
        default:
            return Invalid;
    }
}

// The types that Qt writes by their names for versions that had no id for them.
Tag tagOfName(const QByteArray &name) {
    for (const Tag tag : {Uuid, JsonValue, JsonObject, JsonArray, JsonDocument, Cbor}) {
        if (name == leafType(tag)->name)
            return tag;
    }
    return Invalid;
}

constexpr quint32 userType = 1024;
constexpr quint32 userTypeOfQt4 = 127;
constexpr quint32 firstExtOfQt4 = 128;
constexpr quint32 extOfQt4 = 97;  // how much larger those ids are than Qt 5's

class Reader {
 public:
    Reader(Stream<Source> &from, Output &out)
        : source_(from.device),
          stream_(from.stream),
          version_(from.stream.version()),
          out_(out),
          text_(from.text),
          path_(from.path) {}

    void value(Input &type, int depth) {
        const Tag tag = type.tag();
        switch (tag) {
            case Variant:
                variant(depth + 1);
                return;
            case List:
            case Map:
                elements(tag, type, depth);
                return;
            case Tuple: {
                const quint16 n = type.number<quint16>();
                parts(n, [&](quint32) { value(type, depth + 1); });
                return;
            }
            case Array: {
                const quint32 n = type.number<quint32>();
                const uchar *elem = type.at();
                parts(n, [&](quint32) {
                    type.goTo(elem);
                    value(type, depth + 1);
                });
                return;
            }
            default:
                leaf(tag);
        }
    }

    std::string path() const {
        std::string text;
        for (const quint32 n : path_) text += (text.empty() ? "" : "/") + std::to_string(n);
        return text;
    }

 private:
    qint64 at() const { return source_.at(); }
    qint64 left() const { return source_.left(); }

    template <typename Read>
    void parts(quint32 n, Read read) {
        path_.push_back(0);
        for (quint32 i = 0; i < n; ++i) {
            path_.back() = i;
            read(i);
        }
        path_.pop_back();
    }

    void need(qint64 n, const char *expected) {
        if (left() < n)
            throw Trouble{QTB_STREAM_END, at(), expected,
                          QString("%1 bytes where it has at least %2").arg(left()).arg(n)};
    }

    // A number at a place ahead, without going there.
    template <typename T>
    T peek(qint64 ahead) const {
        const char *from = source_.ahead(ahead);
        return stream_.byteOrder() == QDataStream::BigEndian ? qFromBigEndian<T>(from)
                                                             : qFromLittleEndian<T>(from);
    }

    // Qt allocates by the length of a value before it has read it: not beyond what is there.
    void checkLength(const LeafType &type, qint64 ahead = 0) {
        quint64 bytes = 0;
        Sized sized = type.sized;
        if (sized == Sized::Json) {
            const uchar kind = peek<uchar>(ahead++);
            sized = kind == QJsonValue::String || kind == QJsonValue::Array ||
                            kind == QJsonValue::Object
                        ? Sized::Bytes
                        : Sized::Not;
        }
        if (sized == Sized::Zone)
            return checkZone(type, ahead);
        if (sized == Sized::Not)
            return;
        const bool wide = sized == Sized::Bits && version_ >= 20;  // of Qt 6: 8 bytes
        const qint64 head = ahead + (wide ? 8 : 4);
        need(head, type.name);
        const quint64 n = wide ? peek<quint64>(ahead) : peek<quint32>(ahead);
        if (!wide && n == nullSize && sized == Sized::Bytes)
            return;
        bytes = sized == Sized::Bits ? n / 8 + (n % 8 != 0) : n;
        if (bytes > quint64(left() - head) || (sized == Sized::Bits && n > INT_MAX))
            throw Trouble{QTB_STREAM_SIZE, at(), type.name,
                          QString("it says that it has %1 bytes, but %2 are left")
                              .arg(bytes)
                              .arg(left() - head)};
    }

    // Before Qt 5.2 it was written that a QDateTime has a time zone, but not which. Qt
    // before 6.5 complains of that on stderr, and takes it for local time.
    bool hasLostZone(qint64 ahead) const {
        if (QT_VERSION >= QT_VERSION_CHECK(6, 5, 0) || version_ >= QDataStream::Qt_5_2)
            return false;
        const uchar spec = peek<uchar>(ahead + (version_ >= QDataStream::Qt_5_0 ? 12 : 8));
        return spec == (version_ == QDataStream::Qt_5_0 ? 3 : 4);
    }

    void readLostZone() {
        QDate date;
        QTime time;
        qint8 spec = 0;
        stream_ >> date >> time >> spec;
        if (version_ == QDataStream::Qt_5_0)  // which wrote the time in UTC
            out_.add(inUtc(date, time).toLocalTime());
        else
            out_.add(QDateTime(date, time));
    }

    // A Qt::TimeSpec that is none crashes Qt in a message of version Qt_5_0, and of a time zone
    // that Qt does not have it complains on stderr.
    void checkZone(const LeafType &type, qint64 ahead) {
        ahead += version_ >= QDataStream::Qt_5_0 ? 12 : 8;
        need(ahead + 1, type.name);
        const int spec = peek<qint8>(ahead);
        const bool isOld = version_ < QDataStream::Qt_5_2 && version_ != QDataStream::Qt_5_0;
        if (spec < (isOld ? -1 : 0) || spec > (isOld ? 4 : 3))
            throw Trouble{QTB_STREAM_CORRUPT, at(), type.name,
                          QString("its time specification is %1").arg(spec)};
        if (version_ < QDataStream::Qt_5_2 || spec != Qt::TimeZone)
            return;
        ++ahead;
        const QString id = zoneAt(type, ahead);
        if (id == QLatin1String("OffsetFromUtc"))
            zoneAt(type, ahead);  // which comes next
        else if (!QTimeZone(id.toUtf8()).isValid())
            noZone(type, id);
    }

    // The id of a time zone, which is what Qt looks for as a file: it must be no way to another
    // one. Ahead is behind it then.
    QString zoneAt(const LeafType &type, qint64 &ahead) {
        checkLength({String, type.name, 4, Sized::Bytes}, ahead);
        const quint32 size = peek<quint32>(ahead);
        ahead += 4;
        QString id;
        for (quint32 i = 0; size != nullSize && i + 1 < size; i += 2) {
            const QChar c(peek<quint16>(ahead + i));
            id += c;
            if (!isOfZone(c) || id.startsWith('/') || id.endsWith(QLatin1String("..")))
                noZone(type, id);
        }
        if (size != nullSize)
            ahead += size;
        return id;
    }

    static bool isOfZone(QChar c) {
        return c.unicode() < 128 && (c.isLetterOrNumber() || QString("_+-/:.").contains(c));
    }

    [[noreturn]] void noZone(const LeafType &type, const QString &id) {
        throw Trouble{QTB_STREAM_CORRUPT, at(), type.name,
                      "this Qt has no time zone \"" + id.left(80) + "\""};
    }

    void check(qint64 start, const char *expected) {
        if (stream_.status() == QDataStream::Ok)
            return;
        const bool end = stream_.status() == QDataStream::ReadPastEnd;
        throw Trouble{
            end ? QTB_STREAM_END : QTB_STREAM_CORRUPT, start, expected,
            end ? QString("it is longer than the %1 bytes that are left").arg(left() + at() - start)
                : QString("Qt finds its bytes corrupt")};
    }

    void leaf(Tag tag) {
        const LeafType *type = leafType(tag);
        if (type == nullptr)
            throw std::invalid_argument("Go has asked for the type " + std::to_string(tag));
        need(type->least, type->name);
        checkLength(*type);
        switch (tag) {
            case Bool:
                return read<bool>(*type);
            case Int8:
                return readAs<qint8, signed char>(*type);
            case UInt8:
                return read<quint8>(*type);
            case Int16:
                return read<qint16>(*type);
            case UInt16:
                return read<quint16>(*type);
            case Int32:
                return read<qint32>(*type);
            case UInt32:
                return read<quint32>(*type);
            case Int64:
                return read<qint64>(*type);
            case UInt64:
                return read<quint64>(*type);
            case Float:
                return read<float>(*type);
            case Double:
                return read<double>(*type);
            case Char:
                return read<QChar>(*type);
            case String:
                return text(*type);
            case Bytes:
                return read<QByteArray>(*type);
            case Date:
                return read<QDate>(*type);
            case Time:
                return read<QTime>(*type);
            case DateTime:
                return hasLostZone(0) ? readLostZone() : read<QDateTime>(*type);
            case Uuid:
                return read<QUuid>(*type);
            case Url:
                return read<QUrl>(*type);
            case Size:
                return read<QSize>(*type);
            case SizeF:
                return read<QSizeF>(*type);
            case Point:
                return read<QPoint>(*type);
            case PointF:
                return read<QPointF>(*type);
            case Rect:
                return read<QRect>(*type);
            case RectF:
                return read<QRectF>(*type);
            case Line:
                return read<QLine>(*type);
            case LineF:
                return read<QLineF>(*type);
            case Bits:
                return read<QBitArray>(*type);
            case JsonValue:
                return read<QJsonValue>(*type);
            case JsonDocument:
                return read<QJsonDocument>(*type);
            case JsonObject:
                return read<QJsonObject>(*type);
            case JsonArray:
                return read<QJsonArray>(*type);
            case Image:
            case Pixmap:
            case Bitmap:
                return picture(*type);
            default:
                return cbor(*type);
        }
    }

    template <typename T>
    void read(const LeafType &type) {
        readAs<T, T>(type);
    }

    // Qt keeps the room of the one before.
    void text(const LeafType &type) {
        const qint64 start = at();
        stream_ >> text_;
        check(start, type.name);
        out_.add(text_);
    }

    template <typename T, typename As>
    void readAs(const LeafType &type) {
        const qint64 start = at();
        T v{};
        stream_ >> v;
        check(start, type.name);
        out_.add(static_cast<const As &>(v));
    }

    // operator>>(QCborValue) reads these bytes, and then makes room for as many elements as
    // they say.
    void cbor(const LeafType &type) {
        const qint64 start = at();
        QByteArray v;
        stream_ >> v;
        check(start, type.name);
        out_.add(v, Cbor);
    }

    void picture(const LeafType &type) {
        const qint64 start = at();
        qint32 marker = 0;
        stream_ >> marker;
        if (marker == 0)
            return out_.picture(type.tag, at(), nullSize);
        if (marker != 1)
            throw Trouble{QTB_STREAM_CORRUPT, start, type.name,
                          QString("its marker is %1, and not 0 or 1").arg(marker)};
        const PngSize png = pngSize(source_.ahead(0), left());
        if (png.size == 0)
            throw Trouble{png.code, start, type.name, png.what};
        out_.picture(type.tag, at(), quint32(png.size));
        source_.leave(png.size);
    }

    // The fewest bytes of what a type says.
    qint64 least(Input type) {
        const Tag tag = type.tag();
        switch (tag) {
            case Variant:
                return 4;
            case List:
            case Map:
                return 4;
            case Tuple:
            case Array:
                return 1;
            default:
                return leafType(tag) == nullptr ? 1 : leafType(tag)->least;
        }
    }

    quint32 count(const char *expected, qint64 leastOfOne) {
        need(4, expected);
        const qint64 start = at();
        quint32 n = 0;
        stream_ >> n;
        if (quint64(n) * quint64(leastOfOne) > quint64(left()))
            throw Trouble{QTB_STREAM_SIZE, start, expected,
                          QString("it says that it has %1 elements, but %2 bytes are left")
                              .arg(n)
                              .arg(left())};
        return n;
    }

    void deeper(int depth, const char *expected) {
        if (depth > streamDepth)
            throw Trouble{QTB_STREAM_DEPTH, at(), expected,
                          QString("more than %1 containers within each other").arg(streamDepth)};
    }

    // A QList<T> or a QMap<K, V>, of which QHash has the form.
    void elements(Tag tag, Input &type, int depth) {
        const char *expected = tag == List ? "QList" : "QMap";
        deeper(depth, expected);
        const quint32 n = count(expected, least(type));
        out_.tag(tag);
        out_.number(n);
        const uchar *elem = type.at();
        parts(n, [&](quint32) {
            type.goTo(elem);
            value(type, depth + 1);
            if (tag == Map)
                value(type, depth + 1);
        });
        type.goTo(elem);
        skip(type);
        if (tag == Map)
            skip(type);
    }

    static void skip(Input &type) {
        switch (type.tag()) {
            case List:
                return skip(type);
            case Map:
                skip(type);
                return skip(type);
            case Tuple: {
                for (quint16 n = type.number<quint16>(); n > 0; --n) skip(type);
                return;
            }
            case Array:
                type.number<quint32>();
                return skip(type);
            default:
                return;
        }
    }

    // What is known of a QVariant before its value is read.
    struct Head {
        Tag tag;
        qint64 size;  // of what is before the value
        bool null;
    };

    Head variantHead() {
        const bool hasNull = version_ >= QDataStream::Qt_4_2;
        Head head = {Invalid, hasNull ? 5 : 4, false};
        need(head.size, "QVariant");
        quint32 id = peek<quint32>(0);
        head.null = hasNull && peek<uchar>(4) != 0;
        if (id == 0)
            return head;
        if (version_ < QDataStream::Qt_5_0) {
            if (id == userTypeOfQt4)
                id = userType;
            else if (id >= firstExtOfQt4 && id != userType)
                id -= extOfQt4;
        }
        if (id == userType)
            return namedHead(head);
        head.tag = tagOfId(id);
        for (const Tag tag : {Image, Pixmap, Bitmap}) {
            if (id == idOfPicture(tag, version_))
                head.tag = tag;
        }
        if (head.tag == Invalid)
            throw Trouble{QTB_STREAM_VARIANT, at(), "QVariant",
                          QString("its type has the id %1").arg(peek<quint32>(0))};
        return head;
    }

    Head namedHead(Head head) {
        checkLength({Bytes, "QVariant", 4, Sized::Bytes}, head.size);
        const quint32 n = peek<quint32>(head.size);
        QByteArray name;
        if (n != nullSize)
            name = QByteArray(source_.ahead(head.size + 4), int(n));
        while (name.endsWith('\0')) name.chop(1);
        head.tag = tagOfName(name);
        if (head.tag == Invalid)
            throw Trouble{QTB_STREAM_VARIANT, at(), "QVariant",
                          "its type is called \"" + QString::fromLatin1(name.left(80)) + "\""};
        head.size += 4 + n;
        return head;
    }

    void variant(int depth) {
        deeper(depth, "QVariant");
        const Head head = variantHead();
        out_.tag(Variant);
        if (head.tag == Invalid) {
            invalid(head);
            return;
        }
        if (head.null)
            out_.tag(Null);
        switch (head.tag) {
            case List:
            case Map:
            case Hash:
            case StringList:
                source_.leave(head.size);
                variants(head.tag, depth);
                return;
            case Cbor:
            case Image:
            case Pixmap:
            case Bitmap:
                source_.leave(head.size);
                leaf(head.tag);
                return;
            default:
                variantLeaf(head);
        }
    }

    // Before Qt 5 a QVariant without a type was followed by a QString.
    void invalid(const Head &head) {
        const qint64 start = at();
        if (version_ < QDataStream::Qt_5_0)
            checkLength({String, "QVariant", 4, Sized::Bytes}, head.size);
        QVariant v;
        stream_ >> v;
        check(start, "QVariant");
        out_.tag(Invalid);
    }

    // The elements of QVariantList, QVariantMap, QVariantHash and QStringList.
    void variants(Tag tag, int depth) {
        const char *expected = tag == List         ? "QVariantList"
                               : tag == StringList ? "QStringList"
                               : tag == Map        ? "QVariantMap"
                                                   : "QVariantHash";
        const quint32 n = count(expected, 4);
        out_.tag(tag);
        out_.number(n);
        parts(n, [&](quint32) {
            if (tag != List)
                leaf(String);
            if (tag != StringList)
                variant(depth + 1);
        });
    }

    void variantLeaf(const Head &head) {
        const LeafType &type = *leafType(head.tag);
        need(head.size + type.least, type.name);
        checkLength(type, head.size);
        if (head.tag == DateTime && hasLostZone(head.size)) {
            source_.leave(head.size);
            return readLostZone();
        }
        const qint64 start = at();
        QVariant v;
        stream_ >> v;
        check(start, type.name);
        switch (head.tag) {
            case Bool:
                return out_.add(v.toBool());
            case Int8:
                return out_.add(static_cast<signed char>(v.toInt()));
            case UInt8:
                return out_.add(v.value<uchar>());
            case Int16:
                return out_.add(v.value<qint16>());
            case UInt16:
                return out_.add(v.value<quint16>());
            case Int32:
                return out_.add(v.toInt());
            case UInt32:
                return out_.add(v.toUInt());
            case Int64:
                return out_.add(qint64(v.toLongLong()));
            case UInt64:
                return out_.add(quint64(v.toULongLong()));
            case Float:
                return out_.add(v.toFloat());
            case Double:
                return out_.add(v.toDouble());
            case Char:
                return out_.add(v.toChar());
            case String:
                return out_.add(v.toString());
            case Bytes:
                return out_.add(v.toByteArray());
            case Date:
                return out_.add(v.toDate());
            case Time:
                return out_.add(v.toTime());
            case DateTime:
                return out_.add(v.toDateTime());
            case Uuid:
                return out_.add(v.toUuid());
            case Url:
                return out_.add(v.toUrl());
            case Size:
                return out_.add(v.toSize());
            case SizeF:
                return out_.add(v.toSizeF());
            case Point:
                return out_.add(v.toPoint());
            case PointF:
                return out_.add(v.toPointF());
            case Rect:
                return out_.add(v.toRect());
            case RectF:
                return out_.add(v.toRectF());
            case Line:
                return out_.add(v.toLine());
            case LineF:
                return out_.add(v.toLineF());
            case Bits:
                return out_.add(v.toBitArray());
            case JsonValue:
                return out_.add(v.value<QJsonValue>());
            case JsonObject:
                return out_.add(v.value<QJsonObject>());
            case JsonArray:
                return out_.add(v.value<QJsonArray>());
            default:
                return out_.add(v.value<QJsonDocument>());
        }
    }

    Source &source_;
    QDataStream &stream_;
    int32_t version_;
    Output &out_;
    QString &text_;
    std::vector<quint32> &path_;
};

}  // namespace
}  // namespace qtb

qtb_result qtb_stream_read(const char *types, size_t types_size, const char *data, size_t size,
                           char *room, size_t room_size, int32_t version, int32_t flags) {
    return qtb::guarded([&] {
        auto &stream = qtb::Stream<qtb::Source>::here(version, flags);
        stream.device.readFrom(data, size);
        qtb::Output out(room, room_size);
        qtb::Reader reader(stream, out);
        try {
            qtb::Input type(types, types_size);
            reader.value(type, 0);
            return out.result(stream.device.at());
        } catch (const qtb::Trouble &trouble) {
            const std::string text =
                reader.path() + ";" + trouble.expected + ";" + trouble.what.toStdString();
            qtb_result r = qtb::failure(trouble.code, text.c_str());
            r.value = trouble.at;
            return r;
        }
    });
}
