//go:build linux || windows

// QDataStream as C++ programs use it, without our shim: what tests compare with, and what
// benchmarks measure against.

#include <QDataStream>
#include <QElapsedTimer>
#include <QIODevice>
#include <QMap>
#include <QPointF>
#include <QVariant>

#include "guard.h"
#include "nativetest.h"

namespace {

void configure(QDataStream &stream, int32_t version, int32_t little) {
    stream.setVersion(version);
    stream.setByteOrder(little != 0 ? QDataStream::LittleEndian : QDataStream::BigEndian);
}

// Message has ten fields, as a program shares them.
struct Message {
    qint32 id = 0;
    qint64 time = 0;
    quint32 flags = 0;
    bool on = false;
    double value = 0;
    float limit = 0;
    QPointF place;
    QString name;
    QByteArray raw;
    QString text;
};

QDataStream &operator<<(QDataStream &out, const Message &m) {
    return out << m.id << m.time << m.flags << m.on << m.value << m.limit << m.place << m.name
               << m.raw << m.text;
}

QDataStream &operator>>(QDataStream &in, Message &m) {
    return in >> m.id >> m.time >> m.flags >> m.on >> m.value >> m.limit >> m.place >> m.name >>
           m.raw >> m.text;
}

Message message(int size) {
    Message m;
    m.id = 7;
    m.time = 1700000000000;
    m.flags = 0xF0;
    m.on = true;
    m.value = 20.5;
    m.limit = 250;
    m.place = QPointF(1.5, -2);
    m.name = "oven";
    m.raw = QByteArray(16, 'r');
    m.text = QString(size, 'x');
    return m;
}

QMap<QString, double> doubles(int size) {
    QMap<QString, double> map;
    for (int i = 0; i < size; ++i) map.insert(QString("key number %1").arg(i), i * 0.5);
    return map;
}

QVariant variants(int size) {
    QVariantMap map;
    for (int i = 0; i < size; ++i) {
        const QString key = QString("key number %1").arg(i);
        if (i % 2 == 0)
            map.insert(key, i * 0.5);
        else
            map.insert(key, key);
    }
    return map;
}

template <typename T>
qtb_result timed(int64_t rounds, const T &value, bool read) {
    QByteArray message;
    {
        QDataStream out(&message, QIODevice::WriteOnly);
        out << value;
    }
    QElapsedTimer timer;
    timer.start();
    for (int64_t round = 0; round < rounds; ++round) {
        if (read) {
            QDataStream in(message);
            T again;
            in >> again;
            if (in.status() != QDataStream::Ok || !in.atEnd())
                throw std::logic_error("not all was read");
        } else {
            QByteArray again;
            QDataStream out(&again, QIODevice::WriteOnly);
            out << value;
        }
    }
    const qint64 ns = timer.nsecsElapsed();
    qtb_result r = qtb::bytes(message);
    r.value = ns;
    return r;
}

}  // namespace

extern "C" {

qtb_result qtb_stream_again(const char *data, size_t size, int32_t version, int32_t little) {
    return qtb::guarded([&] {
        QDataStream in(QByteArray::fromRawData(data, qtb::length(size)));
        configure(in, version, little);
        QVariant value;
        in >> value;
        if (in.status() != QDataStream::Ok || !in.atEnd())
            throw std::invalid_argument("Qt does not read it, or not all of it");
        QByteArray message;
        QDataStream out(&message, QIODevice::WriteOnly);
        configure(out, version, little);
        out << value;
        return qtb::bytes(message);
    });
}

qtb_result qtb_loop_stream(int64_t rounds, int32_t what, int32_t size, int32_t read) {
    return qtb::guarded([&]() -> qtb_result {
        switch (what) {
            case 0:
                return timed(rounds, message(size), read != 0);
            case 1:
                return timed(rounds, doubles(size), read != 0);
            default:
                return timed(rounds, variants(size), read != 0);
        }
    });
}

}  // extern "C"
