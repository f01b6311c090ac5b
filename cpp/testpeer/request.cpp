#include "request.h"

#include <QJsonDocument>
#include <QJsonParseError>
#include <cmath>
#include <limits>

namespace {

BadRequest wrongType(const QString &name, const QString &wanted) {
    return BadRequest(QString("the argument \"%1\" is not %2").arg(name, wanted));
}

}  // namespace

Request Request::parse(const QByteArray &line) {
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(line, &error);
    if (error.error != QJsonParseError::NoError) {
        throw BadRequest("the line is not JSON: " + error.errorString());
    }
    if (!document.isObject()) {
        throw BadRequest("the line is not a JSON object");
    }
    return Request(document.object());
}

QJsonValue Request::need(const QString &name) const {
    if (!has(name)) {
        throw BadRequest(QString("the argument \"%1\" is missing").arg(name));
    }
    return fields_.value(name);
}

QString Request::string(const QString &name) const {
    const QJsonValue value = need(name);
    if (!value.isString()) {
        throw wrongType(name, "a string");
    }
    return value.toString();
}

QString Request::stringOrNull(const QString &name) const {
    return need(name).isNull() ? QString() : string(name);
}

QByteArray Request::base64(const QString &name) const {
    const auto decoded = QByteArray::fromBase64Encoding(string(name).toLatin1(),
                                                        QByteArray::AbortOnBase64DecodingErrors);
    if (decoded.decodingStatus != QByteArray::Base64DecodingStatus::Ok) {
        throw wrongType(name, "base64");
    }
    return decoded.decoded;
}

QJsonObject Request::json(const QString &name) const {
    if (!need(name).isObject()) {
        throw wrongType(name, "a JSON object");
    }
    return need(name).toObject();
}

bool Request::boolean(const QString &name, bool otherwise) const {
    if (!has(name)) {
        return otherwise;
    }
    if (!need(name).isBool()) {
        throw wrongType(name, "true or false");
    }
    return need(name).toBool();
}

// JSON numbers are doubles in Qt 5: beyond 2^53 they are not exact.
qint64 Request::integer(const QString &name) const {
    const QJsonValue value = need(name);
    const double number = value.toDouble();
    const double limit = 9007199254740992.0;
    if (!value.isDouble() || number != std::floor(number) || std::fabs(number) > limit) {
        throw wrongType(name, "an integer within 2^53");
    }
    return static_cast<qint64>(number);
}

qint64 Request::integer(const QString &name, qint64 otherwise) const {
    return has(name) ? integer(name) : otherwise;
}

qint64 Request::natural(const QString &name, qint64 otherwise) const {
    const qint64 number = integer(name, otherwise);
    if (number < 0) {
        throw wrongType(name, "zero or more");
    }
    return number;
}

int Request::smallInteger(const QString &name) const {
    const qint64 number = integer(name);
    if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
        throw wrongType(name, "an int");
    }
    return static_cast<int>(number);
}

QSharedMemory::AccessMode Request::segmentMode() const {
    if (!has("mode") || string("mode") == "ReadWrite") {
        return QSharedMemory::ReadWrite;  // Qt's own default
    }
    if (string("mode") == "ReadOnly") {
        return QSharedMemory::ReadOnly;
    }
    throw wrongType("mode", "ReadOnly or ReadWrite");
}

QSystemSemaphore::AccessMode Request::semaphoreMode() const {
    if (!has("mode") || string("mode") == "Open") {
        return QSystemSemaphore::Open;  // Qt's own default
    }
    if (string("mode") == "Create") {
        return QSystemSemaphore::Create;
    }
    throw wrongType("mode", "Open or Create");
}
