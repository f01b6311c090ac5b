// seqlock.*: one value in place, with a sequence number before it that is odd while the
// value is written, as programs have it that do not lock.
#include <QElapsedTimer>
#include <QThread>

#include "reply.h"
#include "session.h"
#include "words.h"

namespace {

struct Board {
    std::atomic<quint64> sequence;  // odd while the value is written; 0: none yet
    AtomicWords words;
};

Board &boardOf(QSharedMemory &memory) {
    if (!memory.isAttached() || qint64(memory.size()) < qint64(sizeof(Board))) {
        throw BadRequest("not attached, or to less than a value");
    }
    return *static_cast<Board *>(memory.data());
}

void writeNumber(Board &board, quint64 number) {
    const quint64 odd = board.sequence.load(std::memory_order_relaxed) | 1;
    board.sequence.store(odd, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);  // before any word of the new value
    storeWords(board.words, number);
    board.sequence.store(odd + 1, std::memory_order_release);
}

QJsonObject write(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    Board &board = boardOf(memory);
    const qint64 rounds = request.natural("n", 1);
    const auto pause = static_cast<unsigned long>(request.natural("pause_us", 0));
    QJsonObject reply = timed([&] {
        for (qint64 round = 1; round <= rounds; ++round) {
            writeNumber(board, quint64(round));
            if (pause > 0) {
                QThread::usleep(pause);
            }
        }
        return rounds;
    });
    addError(reply, memory);
    return reply;
}

// Whether the words are of one value, as far as the sequence tells.
bool take(const Board &board, Words &words, bool check) {
    const quint64 before = board.sequence.load(std::memory_order_acquire);
    if (before == 0 || before % 2 == 1) {
        return false;
    }
    loadWords(words, board.words, [] {});
    std::atomic_thread_fence(std::memory_order_acquire);  // after all words of it
    return !check || board.sequence.load(std::memory_order_relaxed) == before;
}

QJsonObject read(Session &session, const Request &request) {
    QSharedMemory &memory = session.segments.find(request.object()).memory;
    const Board &board = boardOf(memory);
    const quint64 until = quint64(request.natural("until", 1));
    const bool check = request.boolean("check", true);
    const qint64 limit = request.natural("limit_ms", 10000);
    qint64 refused = 0;
    qint64 torn = 0;
    QJsonObject reply = timed([&] {
        QElapsedTimer since;
        since.start();
        while (board.sequence.load() == 0 && !since.hasExpired(limit)) {
            QThread::yieldCurrentThread();
        }
        Words words = {};
        qint64 taken = 0;
        while (words[0] >> 16 < until && !since.hasExpired(limit)) {
            if (!take(board, words, check)) {
                words[0] = 0;
                ++refused;
                QThread::yieldCurrentThread();
                continue;
            }
            ++taken;
            torn += !isWhole(words);
        }
        return taken;
    });
    reply["value"] = QJsonObject{{"refused", refused}, {"torn", torn}};
    addError(reply, memory);
    return reply;
}

}  // namespace

VerbTable seqlockVerbs() { return {{"seqlock.write", write}, {"seqlock.read", read}}; }
