// One request line: {"id":N,"op":"...","obj":"name", ...arguments}.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QJsonValue>
#include <QSharedMemory>
#include <QString>
#include <QSystemSemaphore>
#include <stdexcept>

// A request that cannot be carried out; what() is the sentence of its "fail".
class BadRequest : public std::runtime_error {
 public:
    explicit BadRequest(const QString &sentence) : std::runtime_error(sentence.toStdString()) {}
};

// Every accessor throws BadRequest when the argument is not what it should be.
class Request {
 public:
    explicit Request(const QJsonObject &fields) : fields_(fields) {}

    // Throws BadRequest when the line is not a JSON object.
    static Request parse(const QByteArray &line);

    QJsonValue id() const { return has("id") ? fields_.value("id") : QJsonValue(); }
    QString op() const { return string("op"); }
    QString object() const { return string("obj"); }

    bool has(const QString &name) const { return fields_.contains(name); }
    QString string(const QString &name) const;
    QString stringOrNull(const QString &name) const;  // JSON null is the null QString
    QByteArray base64(const QString &name) const;
    QJsonObject json(const QString &name) const;
    bool boolean(const QString &name, bool otherwise) const;
    qint64 integer(const QString &name) const;
    qint64 integer(const QString &name, qint64 otherwise) const;
    qint64 natural(const QString &name, qint64 otherwise) const;  // an integer >= 0
    int smallInteger(const QString &name) const;                  // one that fits an int
    QSharedMemory::AccessMode segmentMode() const;
    QSystemSemaphore::AccessMode semaphoreMode() const;

 private:
    QJsonValue need(const QString &name) const;

    QJsonObject fields_;
};
