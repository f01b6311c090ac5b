// image.*: pictures, as a message of QDataStream or raw. In guipeer alone: it needs QtGui.
#include <QBitmap>
#include <QBuffer>
#include <QColor>
#include <QDataStream>
#include <QElapsedTimer>
#include <QImage>
#include <QJsonArray>
#include <QPixmap>
#include <QRgba64>
#include <QThread>
#include <QVariant>
#include <QVector>
#include <algorithm>
#include <cstring>
#include <iterator>

#include "reply.h"
#include "session.h"

namespace {

QImage::Format formatOf(const Request &request) {
    const int format = request.smallInteger("format");
    if (format <= QImage::Format_Invalid || format >= QImage::NImageFormats) {
        throw BadRequest(QString("there is no format %1").arg(format));
    }
    return static_cast<QImage::Format>(format);
}

// Every channel of every pixel differs from its neighbours', alpha from 0 to all.
QColor colourAt(int x, int y) {
    const auto channel = [](int v) { return static_cast<quint16>(v % 65536); };
    return QColor::fromRgba64(qRgba64(channel(x * 4099 + y * 257), channel(x * 911 + y * 7919),
                                      channel(65535 - x * 2503), channel(x * 5003 + y * 13007)));
}

QVector<QRgb> palette() {
    QVector<QRgb> colours;
    for (int i = 0; i < 200; ++i) {
        colours.append(qRgba(i, 255 - i, (i * 7) % 256, i % 3 == 0 ? 255 : i));
    }
    return colours;
}

void paint(QImage &image) {
    const bool indexed = image.colorCount() > 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (indexed) {
                image.setPixel(
                    x, y, static_cast<uint>(x * 3 + y * 5) % static_cast<uint>(image.colorCount()));
            } else {
                image.setPixelColor(x, y, colourAt(x, y));
            }
        }
    }
}

void giveColours(QImage &image) {
    if (image.format() == QImage::Format_Indexed8) {
        image.setColorTable(palette());
    } else if (image.depth() == 1) {
        image.setColorTable({qRgb(250, 10, 20), qRgb(5, 15, 240)});
    }
}

QImage painted(const Request &request) {
    QImage image(request.smallInteger("width"), request.smallInteger("height"), formatOf(request));
    if (image.isNull()) {
        throw BadRequest("QImage cannot be of that size");
    }
    giveColours(image);
    paint(image);
    return image;
}

bool isPremultiplied(const QImage &image) {
    return image.pixelFormat().premultiplied() == QPixelFormat::Premultiplied;
}

// What Qt takes each pixel for: 16 bits a channel, multiplied where the format is. Of a copy,
// since Qt 5.15 and 6.4 write beyond the end when they convert an RGBX64 with wide lines.
QByteArray pixelsOf(const QImage &image) {
    const bool premultiplied = isPremultiplied(image);
    const QImage deep = image.copy().convertToFormat(
        premultiplied ? QImage::Format_RGBA64_Premultiplied : QImage::Format_RGBA64);
    QByteArray pixels;
    for (int y = 0; y < deep.height(); ++y) {
        pixels.append(reinterpret_cast<const char *>(deep.constScanLine(y)), deep.width() * 8);
    }
    return pixels;
}

QJsonObject described(const QImage &image) {
    return {
        {"width", image.width()},
        {"height", image.height()},
        {"format", image.format()},
        {"bytesPerLine", static_cast<qint64>(image.bytesPerLine())},
        {"premultiplied", isPremultiplied(image)},
        {"pixels", image.isNull() ? QString() : QString::fromLatin1(pixelsOf(image).toBase64())},
    };
}

void describe(QJsonObject &reply, const QImage &image) { reply["value"] = described(image); }

void set(QDataStream &stream, const Request &request) {
    if (request.has("version")) {
        stream.setVersion(request.smallInteger("version"));
    }
    stream.setByteOrder(request.boolean("little", false) ? QDataStream::LittleEndian
                                                         : QDataStream::BigEndian);
}

QByteArray message(const QImage &image, const Request &request) {
    QBuffer buffer;
    buffer.open(QBuffer::WriteOnly);
    QDataStream out(&buffer);
    set(out, request);
    if (request.boolean("pixmap", false)) {
        out << QPixmap::fromImage(image);
    } else {
        out << image;
    }
    return buffer.data();
}

// As the writer of Qt's example: a segment as large as the message.
QJsonObject share(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    const QImage image = request.boolean("null", false) ? QImage() : painted(request);
    const QByteArray bytes = message(image, request);
    QJsonObject reply = timed([&] {
        if (!memory.create(static_cast<int>(bytes.size()))) {
            return false;
        }
        memory.lock();
        std::memcpy(memory.data(), bytes.constData(), static_cast<std::size_t>(bytes.size()));
        return memory.unlock();
    });
    addError(reply, memory);
    describe(reply, image);
    return reply;
}

QSharedMemory &attached(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    if (!memory.isAttached()) {
        throw BadRequest("the object is not attached");
    }
    return memory;
}

// As the reader of Qt's example.
QJsonObject load(Session &session, const Request &request) {
    QSharedMemory &memory = attached(session, request);
    QBuffer buffer;
    QImage image;
    QDataStream in(&buffer);
    set(in, request);
    QJsonObject reply = timed([&] {
        memory.lock();
        buffer.setData(static_cast<const char *>(memory.constData()),
                       static_cast<int>(memory.size()));
        buffer.open(QBuffer::ReadOnly);
        if (request.boolean("pixmap", false)) {
            QPixmap pixmap;
            in >> pixmap;
            image = pixmap.toImage();
        } else {
            in >> image;
        }
        return memory.unlock();
    });
    addError(reply, memory);
    reply["code"] = in.status();
    describe(reply, image);
    return reply;
}

// A QImage over the memory.
QImage overMemory(QSharedMemory &memory, const Request &request) {
    const int width = request.smallInteger("width");
    const int height = request.smallInteger("height");
    const int line = request.smallInteger("bytesPerLine");
    if (width <= 0 || height <= 0 || line <= 0 || qint64(line) * height > memory.size()) {
        throw BadRequest("the picture is not within the memory");
    }
    QImage image(static_cast<uchar *>(memory.data()), width, height, line, formatOf(request));
    giveColours(image);
    return image;
}

QJsonObject rawWrite(Session &session, const Request &request) {
    QImage image = overMemory(attached(session, request), request);
    QJsonObject reply = timed([&] { paint(image); });
    describe(reply, image);
    return reply;
}

QJsonObject rawRead(Session &session, const Request &request) {
    const QImage image = overMemory(attached(session, request), request);
    QJsonObject reply = timed([&] { return image.isNull(); });
    describe(reply, image);
    return reply;
}

// Frames at a pace, all of whose 64-bit words are the frame's number, from 1: so one that
// is made of two is seen to be.
QJsonObject frames(Session &session, const Request &request) {
    QSharedMemory &memory = attached(session, request);
    const qint64 count = request.natural("n", 1);
    const qint64 interval = request.natural("interval_us", 33333);
    auto *words = static_cast<quint64 *>(memory.data());
    const qint64 size = memory.size() / qint64(sizeof(quint64));
    qint64 lockFailed = 0;
    QElapsedTimer clock;
    clock.start();
    QJsonObject reply = timed([&] {
        for (qint64 frame = 1; frame <= count; ++frame) {
            const qint64 early = frame * interval - clock.nsecsElapsed() / 1000;
            QThread::usleep(static_cast<unsigned long>(std::max<qint64>(0, early)));
            lockFailed += !memory.lock();
            std::fill(words, words + size, static_cast<quint64>(frame));
            memory.unlock();
        }
        return count;
    });
    reply["lockFailed"] = lockFailed;
    return reply;
}

// How long Qt takes for the message in the memory, to read it or to write it again.
QJsonObject pace(Session &session, const Request &request) {
    QSharedMemory &memory = attached(session, request);
    const qint64 rounds = request.natural("n", 1);
    const bool write = request.boolean("write", false);
    const QByteArray bytes(static_cast<const char *>(memory.constData()),
                           static_cast<int>(memory.size()));
    QImage image;
    const auto read = [&] {
        QDataStream in(bytes);
        in >> image;
    };
    read();
    QJsonObject reply = timed([&] {
        for (qint64 round = 0; round < rounds; ++round) {
            if (write) {
                message(image, request);
            } else {
                read();
            }
        }
        return rounds;
    });
    return reply;
}

QVariantMap album(const QImage &image) {
    QImage mono(9, 5, QImage::Format_Mono);
    giveColours(mono);
    paint(mono);
    return {
        {"image", image},
        {"pixmap", QPixmap::fromImage(image)},
        {"bitmap", QBitmap::fromImage(mono)},
        {"null image", QImage()},
        {"null pixmap", QPixmap()},
        {"list", QVariantList{image.copy(0, 0, 2, 2), 7}},
    };
}

// A message with pictures within it: QString, QImage, QList<QImage>, QPixmap, QVariantMap.
QJsonObject makeMessage(Session &, const Request &request) {
    const QImage image = painted(request);
    QByteArray bytes;
    QJsonObject reply = timed([&] {
        QDataStream out(&bytes, QIODevice::WriteOnly);
        set(out, request);
        out << QString("photo") << image << QList<QImage>{QImage(), image.copy(0, 0, 3, 2)};
        out << QPixmap::fromImage(image) << album(image);
        return out.status() == QDataStream::Ok;
    });
    reply["base64"] = QString::fromLatin1(bytes.toBase64());
    return reply;
}

QJsonObject describedVariant(const QVariant &v) {
    const int type = v.userType();
    QJsonObject value;
    if (type == qMetaTypeId<QImage>()) {
        value = described(v.value<QImage>());
    } else if (type == qMetaTypeId<QPixmap>()) {
        value = described(v.value<QPixmap>().toImage());
    } else if (type == qMetaTypeId<QBitmap>()) {
        value = described(v.value<QBitmap>().toImage());
    } else if (type == qMetaTypeId<QVariantList>()) {
        value = describedVariant(v.toList().value(0));
    }
    value["type"] = v.typeName();
    return value;
}

// Reads such a message.
QJsonObject takeMessage(Session &, const Request &request) {
    QString name;
    QImage image;
    QList<QImage> images;
    QPixmap pixmap;
    QVariantMap map;
    QDataStream in(request.base64("base64"));
    set(in, request);
    QJsonObject reply = timed([&] {
        in >> name >> image >> images >> pixmap >> map;
        return in.status() == QDataStream::Ok && in.atEnd();
    });
    QJsonObject value{{"image", described(image)}, {"pixmap", described(pixmap.toImage())}};
    for (int i = 0; i < images.size(); ++i) {
        value[QString("list %1").arg(i)] = described(images[i]);
    }
    for (auto it = map.constBegin(); it != map.constEnd(); ++it) {
        value["map " + it.key()] = describedVariant(it.value());
    }
    reply["value"] = value;
    return reply;
}

}  // namespace

VerbTable imageVerbs() {
    return {
        {"image.share", share},
        {"image.load", load},
        {"image.rawWrite", rawWrite},
        {"image.rawRead", rawRead},
        {"image.frames", frames},
        {"image.pace", pace},
        {"image.makeMessage", makeMessage},
        {"image.takeMessage", takeMessage},
    };
}
