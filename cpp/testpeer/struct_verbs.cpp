// struct.*: a C++ struct in the memory, as programs share it that do not serialize.
#include <QJsonArray>
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <type_traits>

#include "reply.h"
#include "session.h"

namespace {

struct Axis {
    qint16 position;
    float speed;
};

struct Reading {
    quint32 magic;
    quint8 mode : 3;
    quint8 level : 5;
    bool valid;
    quint16 sequence;
    double temperature;
    long total;
    char name[16];
    QChar unit[4];
    Axis axes[3];
};
static_assert(std::is_trivially_copyable_v<Reading>, "it is copied by bytes");

char *place(QSharedMemory &memory, qint64 offset) {
    const qint64 size = memory.isAttached() ? qint64(memory.size()) : 0;
    if (offset < 0 || offset > size - qint64(sizeof(Reading))) {
        throw BadRequest("the struct is not within the memory of the object");
    }
    return static_cast<char *>(memory.data()) + offset;
}

Axis axisOf(const QJsonObject &value) {
    return {qint16(value["position"].toInt()), float(value["speed"].toDouble())};
}

Reading readingOf(const QJsonObject &value) {
    Reading reading = {};
    reading.magic = quint32(value["magic"].toDouble());
    reading.mode = quint8(value["mode"].toInt()) & 7;
    reading.level = quint8(value["level"].toInt()) & 31;
    reading.valid = value["valid"].toBool();
    reading.sequence = quint16(value["sequence"].toInt());
    reading.temperature = value["temperature"].toDouble();
    reading.total = long(value["total"].toDouble());
    const QByteArray name = value["name"].toString().toUtf8().left(sizeof reading.name - 1);
    std::copy(name.begin(), name.end(), reading.name);
    const QString unit = value["unit"].toString().left(3);
    std::copy(unit.begin(), unit.end(), reading.unit);
    const QJsonArray axes = value["axes"].toArray();
    std::transform(axes.begin(), axes.begin() + std::min<int>(3, int(axes.size())), reading.axes,
                   [](const QJsonValue &axis) { return axisOf(axis.toObject()); });
    return reading;
}

QJsonObject valueOf(const Reading &reading) {
    QJsonArray axes;
    for (const Axis &axis : reading.axes) {
        axes.append(QJsonObject{{"position", axis.position}, {"speed", double(axis.speed)}});
    }
    const auto *unitEnd = std::find(std::begin(reading.unit), std::end(reading.unit), QChar(0));
    return {
        {"magic", double(reading.magic)},
        {"mode", reading.mode},
        {"level", reading.level},
        {"valid", reading.valid},
        {"sequence", reading.sequence},
        {"temperature", reading.temperature},
        {"total", double(reading.total)},
        {"name", QString::fromUtf8(reading.name, int(qstrnlen(reading.name, sizeof reading.name)))},
        {"unit", QString(reading.unit, int(unitEnd - reading.unit))},
        {"axes", axes},
    };
}

QJsonObject write(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    char *to = place(memory, request.integer("offset", 0));
    const Reading reading = readingOf(request.json("value"));
    QJsonObject reply = timed([&] {
        std::memcpy(to, &reading, sizeof reading);
        return qint64(sizeof reading);
    });
    addError(reply, memory);
    return reply;
}

QJsonObject read(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    const char *from = place(memory, request.integer("offset", 0));
    Reading reading;
    QJsonObject reply = timed([&] {
        std::memcpy(&reading, from, sizeof reading);
        return qint64(sizeof reading);
    });
    addError(reply, memory);
    reply["value"] = valueOf(reading);
    return reply;
}

}  // namespace

VerbTable structVerbs() { return {{"struct.write", write}, {"struct.read", read}}; }
