// text.*: how this Qt turns text into bytes and back.
#include <QtGlobal>
#if QT_VERSION_MAJOR < 6
#include <QTextCodec>
#else
#include <QStringConverter>
#endif

#include "reply.h"
#include "session.h"

namespace {

// Any other encoding that this Qt knows by name, without a byte order mark.
#if QT_VERSION_MAJOR < 6
QTextCodec &codec(const QString &name) {
    QTextCodec *codec = QTextCodec::codecForName(name.toLatin1());
    if (codec == nullptr) {
        throw BadRequest(QString("this Qt has no encoding \"%1\"").arg(name));
    }
    return *codec;
}

QByteArray encodeByName(const QString &name, const QString &text) {
    QTextCodec::ConverterState state(QTextCodec::IgnoreHeader);
    return codec(name).fromUnicode(text.constData(), text.size(), &state);
}

QString decodeByName(const QString &name, const QByteArray &bytes) {
    return codec(name).toUnicode(bytes);
}
#else
template <typename Converter>
Converter converter(const QString &name) {
    Converter converter(name.toLatin1().constData());
    if (!converter.isValid()) {
        throw BadRequest(QString("this Qt has no encoding \"%1\"").arg(name));
    }
    return converter;
}

QByteArray encodeByName(const QString &name, const QString &text) {
    return converter<QStringEncoder>(name).encode(text);
}

QString decodeByName(const QString &name, const QByteArray &bytes) {
    return converter<QStringDecoder>(name).decode(bytes);
}
#endif

QByteArray encodeText(const QString &name, const QString &text) {
    if (name == "Local8Bit") {
        return text.toLocal8Bit();
    }
    if (name == "UTF-8") {
        return text.toUtf8();
    }
    if (name == "Latin-1") {
        return text.toLatin1();
    }
    if (name == "UTF-16") {
        return QByteArray(reinterpret_cast<const char *>(text.utf16()), int(text.size()) * 2);
    }
    return encodeByName(name, text);
}

QString decodeText(const QString &name, const QByteArray &bytes, bool toNul) {
    const int size = toNul ? -1 : int(bytes.size());
    if (name == "Local8Bit") {
        return QString::fromLocal8Bit(bytes.constData(), size);
    }
    if (name == "UTF-8") {
        return QString::fromUtf8(bytes.constData(), size);
    }
    if (name == "Latin-1") {
        return QString::fromLatin1(bytes.constData(), size);
    }
    if (name == "UTF-16") {
        const QByteArray ended = bytes + '\0';  // with the one that Qt adds, a NUL
        return QString::fromUtf16(reinterpret_cast<const char16_t *>(ended.constData()),
                                  toNul ? -1 : size / 2);
    }
    if (toNul) {
        throw BadRequest(QString("toNul is not for \"%1\"").arg(name));
    }
    return decodeByName(name, bytes);
}

QJsonObject encode(Session &, const Request &request) {
    const QString name = request.string("encoding");
    const QString text = request.string("text");
    QByteArray bytes;
    QJsonObject reply = timed([&] {
        bytes = encodeText(name, text);
        return int(bytes.size());
    });
    reply["base64"] = QString::fromLatin1(bytes.toBase64());
    return reply;
}

QJsonObject decode(Session &, const Request &request) {
    const QString name = request.string("encoding");
    const QByteArray bytes = request.base64("base64");
    const bool toNul = request.boolean("toNul", false);
    return timed([&] { return decodeText(name, bytes, toNul); });
}

}  // namespace

VerbTable textVerbs() { return {{"text.encode", encode}, {"text.decode", decode}}; }
