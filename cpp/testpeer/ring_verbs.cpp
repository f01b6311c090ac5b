// ring.*: a ring buffer of numbered values, as programs have it that do not lock: one
// writer, which waits for nobody, and readers that see when it has overtaken them.
#include <QElapsedTimer>
#include <QThread>

#include "reply.h"
#include "session.h"
#include "words.h"

namespace {

constexpr quint64 slotCount = 8;

struct Slot {
    std::atomic<quint64> number;  // of the value in it; 0 while it is written
    AtomicWords words;
};

struct Ring {
    std::atomic<quint64> last;  // number of the newest value, from 1; 0: none yet
    std::array<Slot, slotCount> places;

    Slot &slotOf(quint64 number) { return places[number % slotCount]; }
};

Ring &ringOf(QSharedMemory &memory) {
    if (!memory.isAttached() || qint64(memory.size()) < qint64(sizeof(Ring))) {
        throw BadRequest("not attached, or to less than a ring");
    }
    return *static_cast<Ring *>(memory.data());
}

void writeNext(Ring &ring) {
    const quint64 number = ring.last.load(std::memory_order_relaxed) + 1;
    Slot &slot = ring.slotOf(number);
    slot.number.store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);  // before any word of the new value
    storeWords(slot.words, number);
    slot.number.store(number, std::memory_order_release);
    ring.last.store(number, std::memory_order_release);
}

QJsonObject write(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    Ring &ring = ringOf(memory);
    const qint64 rounds = request.natural("n", 1);
    const qint64 burst = request.natural("burst", 1);
    const auto pause = static_cast<unsigned long>(request.natural("pause_us", 0));
    QJsonObject reply = timed([&] {
        for (qint64 round = 1; round <= rounds; ++round) {
            writeNext(ring);
            if (pause > 0 && burst > 0 && round % burst == 0) {
                QThread::usleep(pause);
            }
        }
        return rounds;
    });
    addError(reply, memory);
    return reply;
}

class Reader {
 public:
    Reader(Ring &ring, const Request &request)
        : ring_(ring),
          until_(static_cast<quint64>(request.natural("until", 1))),
          check_(request.boolean("check", true)),
          slow_(static_cast<unsigned long>(request.natural("slow_us", 0))) {}

    // Goes on until it has had, or lost, the value until.
    void run(qint64 limit) {
        QElapsedTimer since;
        since.start();
        while (next_ <= until_ && !since.hasExpired(limit)) {
            step();
        }
    }

    QJsonObject result() const {
        return {{"taken", taken_}, {"lost", lost_}, {"overtaken", overtaken_}, {"torn", torn_}};
    }

    qint64 taken() const { return taken_; }

 private:
    void step() {
        const quint64 last = ring_.last.load(std::memory_order_acquire);
        if (last < next_) {
            QThread::yieldCurrentThread();
            return;
        }
        if (last - next_ >= slotCount || !take()) {
            fallBehind();
        }
    }

    // Whether the slot had the next value before and after the copy.
    bool take() {
        const Slot &slot = ring_.slotOf(next_);
        if (slot.number.load(std::memory_order_acquire) != next_) {
            return false;
        }
        loadWords(words_, slot.words, [&] {
            if (slow_ > 0 && next_ % 16 == 0) {
                QThread::usleep(slow_);
            }
        });
        std::atomic_thread_fence(std::memory_order_acquire);  // after all words of it
        if (check_ && slot.number.load(std::memory_order_relaxed) != next_) {
            return false;
        }
        torn_ += !isWhole(words_) || words_[0] != wordOf(next_, 0);
        ++taken_;
        ++next_;
        return true;
    }

    // Goes on in the middle of what there is, so that the writer is not upon it at once.
    void fallBehind() {
        const quint64 to = ring_.last.load(std::memory_order_acquire) - slotCount / 2 + 1;
        lost_ += qint64(to - next_);
        ++overtaken_;
        next_ = to;
    }

    Ring &ring_;
    quint64 until_;
    bool check_;
    unsigned long slow_;
    Words words_ = {};
    quint64 next_ = 1;
    qint64 taken_ = 0;
    qint64 lost_ = 0;
    qint64 overtaken_ = 0;
    qint64 torn_ = 0;
};

QJsonObject read(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    Reader reader(ringOf(memory), request);
    const qint64 limit = request.natural("limit_ms", 10000);
    QJsonObject reply = timed([&] {
        reader.run(limit);
        return reader.taken();
    });
    reply["value"] = reader.result();
    addError(reply, memory);
    return reply;
}

}  // namespace

VerbTable ringVerbs() { return {{"ring.write", write}, {"ring.read", read}}; }
