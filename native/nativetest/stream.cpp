//go:build linux || windows

// QDataStream as C++ programs use it, without our shim: what tests compare with, and what
// benchmarks measure against.

#include <QDataStream>
#include <QElapsedTimer>
#include <QIODevice>
#include <QMap>
#include <QVariant>

#include "guard.h"
#include "nativetest.h"

namespace {

void configure(QDataStream &stream, int32_t version, int32_t little) {
    stream.setVersion(version);
    stream.setByteOrder(little != 0 ? QDataStream::LittleEndian : QDataStream::BigEndian);
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

qtb_result qtb_loop_stream(int64_t rounds, int32_t entries, int32_t read) {
    return qtb::guarded([&]() -> qtb_result {
        QMap<QString, double> map;
        for (int i = 0; i < entries; ++i) map.insert(QString("key number %1").arg(i), i * 0.5);
        QByteArray message;
        {
            QDataStream out(&message, QIODevice::WriteOnly);
            out << map;
        }
        QElapsedTimer timer;
        timer.start();
        for (int64_t round = 0; round < rounds; ++round) {
            if (read != 0) {
                QDataStream in(message);
                QMap<QString, double> again;
                in >> again;
                if (again.size() != map.size())
                    throw std::logic_error("not all was read");
            } else {
                QByteArray again;
                QDataStream out(&again, QIODevice::WriteOnly);
                out << map;
            }
        }
        return {timer.nsecsElapsed(), nullptr, nullptr, 0, 0};
    });
}

}  // extern "C"
