// stamp.*: messages that carry the writer's clock, at a pace.
#include <QJsonArray>
#include <QRandomGenerator>
#include <QThread>
#include <QtEndian>
#include <cstring>
#include <memory>
#include <vector>

#include "reply.h"
#include "session.h"
#include "steady.h"

namespace {

// What a reader finds: little-endian, 16 bytes.
struct Stamp {
    quint64 number;       // from 1
    quint64 nanoseconds;  // steady_clock
};

// Writes the message and returns its time.
qint64 put(QSharedMemory &memory, qint64 number) {
    const qint64 now = steadyNanoseconds();
    const Stamp stamp = {qToLittleEndian(static_cast<quint64>(number)),
                         qToLittleEndian(static_cast<quint64>(now))};
    std::memcpy(memory.data(), &stamp, sizeof stamp);
    return now;
}

QJsonArray toJson(const std::vector<qint64> &numbers) {
    QJsonArray array;
    for (const qint64 number : numbers) {
        array.append(number);
    }
    return array;
}

// Sleeps min_us to max_us, never the same.
class Pauses {
 public:
    explicit Pauses(const Request &request)
        : min_(request.natural("min_us", 0)), max_(request.natural("max_us", 0)) {
        if (max_ < min_) {
            throw BadRequest("max_us is less than min_us");
        }
    }

    void pause() const {
        const double share = QRandomGenerator::global()->generateDouble();
        const auto us = static_cast<double>(min_) + share * static_cast<double>(max_ - min_);
        QThread::usleep(static_cast<unsigned long>(us));
    }

 private:
    qint64 min_;
    qint64 max_;
};

QJsonObject inPlace(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    if (memory.size() < qint64(sizeof(Stamp))) {
        throw BadRequest("not attached, or to less than 16 bytes");
    }
    const qint64 rounds = request.natural("n", 1);
    const bool lock = request.boolean("lock", true);
    const Pauses pauses(request);
    qint64 lockFailed = 0;
    std::vector<qint64> written;
    written.reserve(static_cast<size_t>(rounds));
    QJsonObject reply = timed([&] {
        for (qint64 round = 1; round <= rounds; ++round) {
            pauses.pause();
            lockFailed += lock && !memory.lock();
            written.push_back(put(memory, round));
            if (lock) {
                memory.unlock();
            }
        }
        return rounds;
    });
    reply["lockFailed"] = lockFailed;
    reply["written"] = toJson(written);
    return reply;
}

// As the writer does: each message in a segment of its own. It leaves the last
// one to an object of the name it was given.
QJsonObject anew(Session &session, const Request &request) {
    session.segments.mustBeFree(request.object());
    const QString key = request.string("key");
    const qint64 rounds = request.natural("n", 1);
    const Pauses pauses(request);
    auto segment = std::make_unique<Segment>();
    qint64 createFailed = 0;
    std::vector<qint64> written;
    written.reserve(static_cast<size_t>(rounds));
    QJsonObject reply = timed([&] {
        for (qint64 round = 1; round <= rounds; ++round) {
            pauses.pause();
            segment = nullptr;
            segment = std::make_unique<Segment>();
            segment->memory.setNativeKey(key);
            if (segment->memory.create(sizeof(Stamp))) {
                segment->memory.lock();
                written.push_back(put(segment->memory, round));
                segment->memory.unlock();
            } else {
                ++createFailed;
                written.push_back(0);
            }
        }
        return rounds;
    });
    session.segments.add(request.object(), std::move(segment));
    reply["createFailed"] = createFailed;
    reply["written"] = toJson(written);
    return reply;
}

}  // namespace

VerbTable stampVerbs() { return {{"stamp.inPlace", inPlace}, {"stamp.anew", anew}}; }
