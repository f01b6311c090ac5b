// stream.*: messages of QDataStream, by its own operators and nothing else. Each type has
// samples, which the tests in Go have as well.
#include <QBitArray>
#include <QByteArray>
#include <QCborMap>
#include <QCborValue>
#include <QDataStream>
#include <QDateTime>
#include <QHash>
#include <QIODevice>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineF>
#include <QList>
#include <QLocale>
#include <QMap>
#include <QPair>
#include <QRectF>
#include <QRegularExpression>
#include <QTimeZone>
#include <QUrl>
#include <QUuid>
#include <QVariant>
#include <QVector>
#include <limits>

#include "reply.h"
#include "session.h"

namespace {

// A type of a program's own, with operators.
struct Wheel {
    QString name;
    double speed;
    QList<int> marks;

    bool operator==(const Wheel &other) const {
        return name == other.name && speed == other.speed && marks == other.marks;
    }
};

QDataStream &operator<<(QDataStream &stream, const Wheel &wheel) {
    return stream << wheel.name << wheel.speed << wheel.marks;
}

QDataStream &operator>>(QDataStream &stream, Wheel &wheel) {
    return stream >> wheel.name >> wheel.speed >> wheel.marks;
}

struct Setup {
    int version;
    QDataStream::ByteOrder order;
    QDataStream::FloatingPointPrecision precision;

    explicit Setup(const Request &request)
        : version(int(request.integer("version", QDataStream().version()))),
          order(request.boolean("little", false) ? QDataStream::LittleEndian
                                                 : QDataStream::BigEndian),
          precision(request.boolean("single", false) ? QDataStream::SinglePrecision
                                                     : QDataStream::DoublePrecision) {}

    void apply(QDataStream &stream) const {
        stream.setVersion(version);
        stream.setByteOrder(order);
        stream.setFloatingPointPrecision(precision);
    }
};

struct Taken {
    bool same;  // as the sample
    int status;
    qint64 left;  // bytes after it
    QByteArray again;
};

struct Type {
    std::function<QByteArray(int sample, const Setup &)> make;
    std::function<Taken(int sample, const QByteArray &, const Setup &)> take;
};

template <typename T>
QByteArray messageOf(const T &value, const Setup &setup) {
    QByteArray message;
    QDataStream stream(&message, QIODevice::WriteOnly);
    setup.apply(stream);
    stream << value;
    return message;
}

template <typename T>
const T &sampleOf(const QList<T> &samples, int i) {
    if (i < 0 || i >= samples.size()) {
        throw BadRequest("there is no such sample");
    }
    return samples[i];
}

template <typename T>
Type type(const QList<T> &samples) {
    const auto make = [samples](int i, const Setup &setup) {
        return messageOf(sampleOf(samples, i), setup);
    };
    const auto take = [samples](int i, const QByteArray &message, const Setup &setup) {
        QDataStream stream(message);
        setup.apply(stream);
        T value{};
        stream >> value;
        const int status = stream.status();
        return Taken{value == sampleOf(samples, i), status, stream.device()->bytesAvailable(),
                     messageOf(value, setup)};
    };
    return {make, take};
}

QVariant tree() {
    return QVariantMap{
        {"bool", true},
        {"int", 42},
        {"uint", 4000000000u},
        {"long", qlonglong(-5000000000)},
        {"double", 2.5},
        {"text", QString::fromUtf8("é共😀")},
        {"none", QVariant()},
        {"list", QVariantList{1, QString("two"), QVariantList{}, QVariantMap{{"k", false}}}},
        {"strings", QStringList{"a", "", "c"}},
        {"bytes", QByteArray("\0\xFF", 2)},
    };
}

template <typename T>
QVariant variant(const T &value) {
    return QVariant::fromValue(value);
}

QDateTime inUtc(const QDate &date, const QTime &time) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    return QDateTime(date, time, QTimeZone::UTC);
#else
    return QDateTime(date, time, Qt::UTC);
#endif
}

QDateTime atOffset(const QDate &date, const QTime &time, int seconds) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    return QDateTime(date, time, QTimeZone::fromSecondsAheadOfUtc(seconds));
#else
    return QDateTime(date, time, Qt::OffsetFromUTC, seconds);
#endif
}

QString wide() { return QString::fromUtf8("é共😀"); }

std::map<QString, Type> allTypes() {
    const QDate date(2024, 2, 29);
    const QTime time(23, 59, 58, 123);
    const QUuid uuid("{67c8770b-44f1-410a-ab9a-f9b5446f13ee}");
    const QJsonObject object{{"a", QJsonArray{1, 2.5, "x", true, QJsonValue()}},
                             {"b", QJsonObject{}}};
    return {
        {"bool", type<bool>({false, true})},
        {"qint8", type<qint8>({0, -128, 127})},
        {"quint8", type<quint8>({0, 255})},
        {"qint16", type<qint16>({0, -32768, 258})},
        {"quint16", type<quint16>({0, 65535, 258})},
        {"qint32", type<qint32>({0, std::numeric_limits<qint32>::min(), 16909060})},
        {"quint32", type<quint32>({0, 4294967295u, 16909060})},
        {"qint64", type<qint64>({0, std::numeric_limits<qint64>::min(), 72623859790382856})},
        {"quint64", type<quint64>({0, std::numeric_limits<quint64>::max(), 72623859790382856})},
        {"float", type<float>({0.F, -1.5F, 3.25e20F})},
        {"double", type<double>({0., -1.5, 1e10})},
        {"QChar", type<QChar>({QChar(u'a'), QChar(0xD83D), QChar(0)})},
        {"QString",
         type<QString>({QString(""), QString("abc"), wide(), QString::fromUtf8("a\0b", 3)})},
        {"QString*", type<QString>({QString()})},
        {"QByteArray", type<QByteArray>({QByteArray(""), QByteArray("\0\xFFz", 3)})},
        {"QStringList", type<QStringList>({{}, {"a", "", wide()}})},
        {"QList<int>", type<QList<int>>({{}, {1, -2, 3}})},
        {"QVector<double>", type<QVector<double>>({{}, {0.5, -1e9}})},
        {"QList<QList<QString>>", type<QList<QList<QString>>>({{}, {{}, {"a"}, {"b", "c"}}})},
        {"QMap<QString,int>",
         type<QMap<QString, int>>({{}, {{"a", 1}, {"b", 2}, {wide(), 3}, {"Z", 4}}})},
        {"QMap<int,QStringList>",
         type<QMap<int, QStringList>>({{}, {{-1, {}}, {7, {"x"}}, {3, {"y", "z"}}}})},
        {"QHash<QString,QString>", type<QHash<QString, QString>>({{}, {{"k", "v"}}})},
        {"QHash<int,int>", type<QHash<int, int>>({{{1, 2}, {3, 4}, {5, 6}}})},
        {"QPair<int,QString>", type<QPair<int, QString>>({{-7, "seven"}})},
        {"QDate",
         type<QDate>({QDate(), date, QDate(-1, 12, 31), QDate(1, 1, 1), QDate(1582, 10, 4)})},
        {"QTime", type<QTime>({QTime(), QTime(0, 0), time})},
        {"QDateTime", type<QDateTime>({QDateTime(), inUtc(date, time), atOffset(date, time, -19800),
                                       QDateTime(date, time, QTimeZone("Europe/Berlin")),
                                       inUtc(QDate(1969, 7, 20), QTime(20, 17))})},
        {"QDateTime local", type<QDateTime>({QDateTime(date, time)})},
        {"QUuid", type<QUuid>({QUuid(), uuid})},
        {"QUrl", type<QUrl>({QUrl(), QUrl("https://user@example.org:81/a%20b?q=1#f"),
                             QUrl("file:///tmp/x")})},
        {"QSize", type<QSize>({QSize(0, 0), QSize(-1, 1080)})},
        {"QSizeF", type<QSizeF>({QSizeF(0.5, -2.25)})},
        {"QPoint", type<QPoint>({QPoint(1, -2)})},
        {"QPointF", type<QPointF>({QPointF(1.5, -2.25)})},
        {"QRect", type<QRect>({QRect(), QRect(-1, 2, 30, 40)})},
        {"QRectF", type<QRectF>({QRectF(-1.5, 2, 30, 40.25)})},
        {"QLine", type<QLine>({QLine(1, 2, -3, 4)})},
        {"QLineF", type<QLineF>({QLineF(1, 2.5, -3, 4)})},
        {"QBitArray", type<QBitArray>({QBitArray(), QBitArray(9, true),
                                       [] {
                                           QBitArray bits(17);
                                           bits.setBit(0);
                                           bits.setBit(16);
                                           return bits;
                                       }()})},
        {"QJsonValue", type<QJsonValue>({QJsonValue(), QJsonValue(true), QJsonValue(2.5),
                                         QJsonValue("x"), QJsonValue(object)})},
        {"QJsonDocument",
         type<QJsonDocument>({QJsonDocument(object), QJsonDocument(QJsonArray{1, "a"})})},
        {"QJsonObject", type<QJsonObject>({object})},
        {"QJsonArray", type<QJsonArray>({QJsonArray{1, "a"}})},
        {"QCborValue",
         type<QCborValue>({QCborValue(QCborMap{{"a", QCborValue(1)}}), QCborValue(-5)})},
        {"QVariant", type<QVariant>({QVariant(),
                                     tree(),
                                     variant(true),
                                     variant(qint8(-3)),
                                     variant(uchar(200)),
                                     variant(short(-300)),
                                     variant(ushort(60000)),
                                     variant(-70000),
                                     variant(3000000000u),
                                     variant(qlonglong(-1)),
                                     variant(qulonglong(1)),
                                     variant(1.5F),
                                     variant(2.5),
                                     variant(QChar(u'x')),
                                     variant(wide()),
                                     variant(QByteArray("b")),
                                     variant(QStringList{"s"}),
                                     variant(QVariantList{1, QVariantList{2}}),
                                     variant(QVariantHash{{"h", 1}}),
                                     variant(date),
                                     variant(time),
                                     variant(inUtc(date, time)),
                                     variant(uuid),
                                     variant(QUrl("http://a/b")),
                                     variant(QSize(1, 2)),
                                     variant(QSizeF(1, 2)),
                                     variant(QPoint(1, 2)),
                                     variant(QPointF(1, 2)),
                                     variant(QRect(1, 2, 3, 4)),
                                     variant(QRectF(1, 2, 3, 4)),
                                     variant(QLine(1, 2, 3, 4)),
                                     variant(QLineF(1, 2, 3, 4)),
                                     variant(QBitArray(3, true))})},
        {"QVariant of JSON",
         type<QVariant>({variant(QJsonValue(2.5)), variant(object), variant(QJsonArray{1}),
                         variant(QJsonDocument(object)), variant(QCborValue(7))})},
        {"QMultiMap<QString,int>", type<QMultiMap<QString, int>>({{{"b", 2}, {"b", 2}}})},
        {"QLocale", type<QLocale>({QLocale::c(), QLocale("de_DE")})},
        {"QRegularExpression", type<QRegularExpression>({QRegularExpression(
                                   "a+", QRegularExpression::CaseInsensitiveOption |
                                             QRegularExpression::MultilineOption)})},
        {"Wheel", type<Wheel>({{"left", 1.25, {1, 2}}, {"", 0, {}}})},
    };
}

const Type &typeNamed(const QString &name) {
    static const std::map<QString, Type> types = allTypes();
    const auto found = types.find(name);
    if (found == types.end()) {
        throw BadRequest(QString("there is no type \"%1\"").arg(name));
    }
    return found->second;
}

QJsonObject make(Session &, const Request &request) {
    const Setup setup(request);
    QByteArray message;
    QJsonObject reply = timed([&] {
        message = typeNamed(request.string("type")).make(int(request.integer("sample")), setup);
        return qint64(message.size());
    });
    reply["base64"] = QString::fromLatin1(message.toBase64());
    return reply;
}

QJsonObject take(Session &, const Request &request) {
    const Setup setup(request);
    const QByteArray message = request.base64("base64");
    Taken taken = {};
    QJsonObject reply = timed([&] {
        taken =
            typeNamed(request.string("type")).take(int(request.integer("sample")), message, setup);
        return taken.same;
    });
    reply["base64"] = QString::fromLatin1(taken.again.toBase64());
    reply["value"] = QJsonObject{{"status", taken.status}, {"left", taken.left}};
    return reply;
}

}  // namespace

VerbTable streamVerbs() { return {{"stream.make", make}, {"stream.take", take}}; }
