#include "poller.h"

#include <QCoreApplication>
#include <QTimer>
#include <optional>
#include <vector>

#include "diary.h"
#include "lines.h"
#include "stdin_end.h"
#include "steady.h"

namespace {

struct Content {
    QByteArray bytes;
    qint64 nanoseconds;  // steady_clock, when they had been copied
};

bool print(const Content &content) {
    return writeLine(QJsonObject{
        {"hex", QString::fromLatin1(content.bytes.toHex())},
        {"base64", QString::fromLatin1(content.bytes.toBase64())},
        {"text", QString::fromLocal8Bit(content.bytes)},
        {"size", static_cast<qint64>(content.bytes.size())},
        {"ns", content.nanoseconds},
    });
}

class Poller {
 public:
    explicit Poller(const Options &options)
        : memory_(options.key, options.life),
          changesLeft_(options.changes),
          collects_(options.collects) {}

    void tick() {
        QJsonObject diary;
        const auto content = look(diary);
        memory_.renew();
        if (diary != lastDiary_) {  // an idle poller does not flood its client
            writeDiary(diary);
            lastDiary_ = diary;
        }
        if (content && content->bytes != lastBytes_) {
            publish(*content);
            lastBytes_ = content->bytes;
        }
    }

    void printCollected() const {
        for (const Content &content : collected_) {
            print(content);
        }
    }

 private:
    // The original's calls in the original's order, their results into the diary.
    std::optional<Content> look(QJsonObject &diary) {
        memory_.setKey();
        const bool attached = memory_->attach(QSharedMemory::ReadOnly);
        enter(diary, "attach", attached);
        if (!attached) {
            return std::nullopt;
        }
        enter(diary, "lock", memory_->lock());
        const QByteArray bytes(static_cast<const char *>(memory_->constData()),
                               static_cast<int>(memory_->size()));
        const qint64 now = steadyNanoseconds();
        enter(diary, "unlock", memory_->unlock());
        enter(diary, "detach", memory_->detach());
        if (!collects_) {
            diary["size"] = static_cast<qint64>(bytes.size());
        }
        return Content{bytes, now};
    }

    void enter(QJsonObject &diary, const char *call, bool ret) const {
        if (!collects_) {
            note(diary, call, ret, *memory_);
        }
    }

    void publish(const Content &content) {
        if (collects_ && lastBytes_) {
            collected_.push_back(content);
        } else if (!print(content)) {
            QCoreApplication::quit();
        }
        if (--changesLeft_ == 0) {  // from 0 it counts down without end
            QCoreApplication::quit();
        }
    }

    SegmentObject memory_;
    qint64 changesLeft_;
    bool collects_;
    std::vector<Content> collected_;
    QJsonObject lastDiary_;
    std::optional<QByteArray> lastBytes_;
};

}  // namespace

int runPoller(const Options &options) {
    Poller poller(options);
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, [&poller] { poller.tick(); });
    timer.start(options.intervalMilliseconds);
    const StdinEnd stdinEnd;
    const int status = QCoreApplication::exec();
    poller.printCollected();
    return status;
}
