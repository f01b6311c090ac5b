// shm.*: what a program does with the memory once it is mapped.
#include <QCryptographicHash>
#include <QThread>
#include <QtEndian>
#include <atomic>
#include <cstring>

#include "reply.h"
#include "session.h"

namespace {

// A checked part of a mapping.
struct Range {
    qint64 offset;
    qint64 length;
};

Range rangeWithin(const QSharedMemory &memory, qint64 offset, qint64 length) {
    if (!memory.isAttached()) {
        throw BadRequest("the object is not attached");
    }
    const qint64 size = memory.size();
    if (offset < 0 || length < 0 || offset > size || length > size - offset) {
        throw BadRequest(QString("offset %1, length %2 is outside of the %3 bytes")
                             .arg(offset)
                             .arg(length)
                             .arg(size));
    }
    return {offset, length};
}

// Qt 5 counts the bytes of a QByteArray in an int, and base64 needs a third more.
Range readRange(const QSharedMemory &memory, const Request &request) {
    const qint64 offset = request.integer("offset", 0);
    const qint64 toTheEnd = qMax<qint64>(0, memory.size() - offset);
    const Range range = rangeWithin(memory, offset, request.integer("length", toTheEnd));
    if (range.length > 256 * 1024 * 1024) {
        throw BadRequest("more than 256 MiB at once");
    }
    return range;
}

void mustBeWritable(const Segment &segment) {
    if (segment.memory.isAttached() && segment.mode == QSharedMemory::ReadOnly) {
        throw BadRequest("the object is mapped ReadOnly");
    }
}

const char *source(const QSharedMemory &memory, qint64 offset) {
    return static_cast<const char *>(memory.constData()) + offset;
}

char *target(QSharedMemory &memory, qint64 offset) {
    return static_cast<char *>(memory.data()) + offset;
}

QJsonObject read(Session &session, const Request &request) {
    const QSharedMemory &memory = session.segments.find(request.object()).memory;
    const Range range = readRange(memory, request);
    QByteArray bytes(static_cast<int>(range.length), Qt::Uninitialized);
    QJsonObject reply = timed([&] {
        std::memcpy(bytes.data(), source(memory, range.offset),
                    static_cast<std::size_t>(range.length));
        return range.length;
    });
    addError(reply, memory);
    reply["base64"] = QString::fromLatin1(bytes.toBase64());
    return reply;
}

QJsonObject hash(Session &session, const Request &request) {
    const QSharedMemory &memory = session.segments.find(request.object()).memory;
    const Range range = readRange(memory, request);
    QCryptographicHash sha256(QCryptographicHash::Sha256);
    QJsonObject reply = timed([&] {
        sha256.addData(
            QByteArray::fromRawData(source(memory, range.offset), static_cast<int>(range.length)));
        return range.length;
    });
    addError(reply, memory);
    reply["sha256"] = QString::fromLatin1(sha256.result().toHex());
    return reply;
}

QJsonObject write(Session &session, const Request &request) {
    Segment &segment = session.segments.find(request.object());
    const QByteArray bytes = request.base64("base64");
    const Range range = rangeWithin(segment.memory, request.integer("offset", 0), bytes.size());
    mustBeWritable(segment);
    QJsonObject reply = timed([&] {
        std::memcpy(target(segment.memory, range.offset), bytes.constData(),
                    static_cast<std::size_t>(range.length));
        return range.length;
    });
    addError(reply, segment.memory);
    return reply;
}

// Writes where Qt says not to: on a ReadOnly mapping the process dies of it.
QJsonObject writeRaw(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    const QByteArray bytes = request.base64("base64");
    const Range range = rangeWithin(memory, request.integer("offset", 0), bytes.size());
    QJsonObject reply = timed([&] {
        std::memcpy(const_cast<char *>(source(memory, range.offset)), bytes.constData(),
                    static_cast<std::size_t>(range.length));
        return range.length;
    });
    addError(reply, memory);
    return reply;
}

// The copy happens even when lock() failed: such is the program we stand for.
QJsonObject lockedWrite(Session &session, const Request &request) {
    Segment &segment = session.segments.find(request.object());
    QSharedMemory &memory = segment.memory;
    const QByteArray bytes = request.base64("base64");
    const Range range = rangeWithin(memory, request.integer("offset", 0), bytes.size());
    const auto hold = static_cast<unsigned long>(request.natural("hold_ms", 0));
    mustBeWritable(segment);
    QJsonObject locked = timed([&] { return memory.lock(); });
    addError(locked, memory);
    QJsonObject reply = timed([&] {
        std::memcpy(target(memory, range.offset), bytes.constData(),
                    static_cast<std::size_t>(range.length));
        return range.length;
    });
    QThread::msleep(hold);
    const bool unlocked = memory.unlock();
    addError(reply, memory);
    reply["lock"] = locked["ret"];
    reply["lockNs"] = locked["ns"];
    reply["lockError"] = locked["error"];
    reply["lockErrorString"] = locked["errorString"];
    reply["unlock"] = unlocked;
    return reply;
}

// Adds one without any help of the CPU: two at once lose increments unless a
// lock keeps them apart. The fences keep the compiler from joining rounds.
// Returns the value from before.
quint64 increment(char *counter, qint64 pauseMicroseconds) {
    quint64 value = 0;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::memcpy(&value, counter, sizeof value);
    if (pauseMicroseconds > 0) {
        QThread::usleep(static_cast<unsigned long>(pauseMicroseconds));
    } else {
        QThread::yieldCurrentThread();
    }
    const quint64 before = qFromLittleEndian(value);
    value = qToLittleEndian(before + 1);
    std::memcpy(counter, &value, sizeof value);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return before;
}

QJsonObject count(Session &session, const Request &request) {
    Segment &segment = session.segments.find(request.object());
    const Range range =
        rangeWithin(segment.memory, request.integer("offset", 0), qint64(sizeof(quint64)));
    const qint64 rounds = request.natural("n", 1);
    const qint64 pause = request.natural("pause_us", 0);
    const bool lock = request.boolean("lock", true);
    mustBeWritable(segment);
    qint64 lockFailed = 0;
    qint64 unlockFailed = 0;
    qint64 interruptions = 0;
    quint64 last = 0;
    QJsonObject reply = timed([&] {
        for (qint64 round = 0; round < rounds; ++round) {
            lockFailed += lock && !segment.memory.lock();
            const quint64 before = increment(target(segment.memory, range.offset), pause);
            interruptions += round > 0 && before != last + 1;
            last = before;
            unlockFailed += lock && !segment.memory.unlock();
        }
        return rounds;
    });
    addError(reply, segment.memory);
    reply["lockFailed"] = lockFailed;
    reply["unlockFailed"] = unlockFailed;
    reply["interruptions"] = interruptions;
    return reply;
}

}  // namespace

VerbTable segmentDataVerbs() {
    return {
        {"shm.read", read},         {"shm.hash", hash},   {"shm.write", write},
        {"shm.writeRaw", writeRaw}, {"shm.count", count}, {"shm.lockedWrite", lockedWrite},
    };
}
