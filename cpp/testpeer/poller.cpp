#include "poller.h"

#include <QCoreApplication>
#include <QTimer>
#include <optional>

#include "diary.h"
#include "lines.h"
#include "stdin_end.h"

namespace {

class Poller {
 public:
    explicit Poller(const Options &options)
        : memory_(options.key, options.life), changesLeft_(options.changes) {}

    void tick() {
        QJsonObject diary;
        const auto bytes = look(diary);
        memory_.renew();
        if (diary != lastDiary_) {  // an idle poller does not flood its client
            writeDiary(diary);
            lastDiary_ = diary;
        }
        if (bytes && bytes != lastBytes_) {
            lastBytes_ = bytes;
            publish(*bytes);
        }
    }

 private:
    // The original's calls in the original's order, their results into the diary.
    std::optional<QByteArray> look(QJsonObject &diary) {
        memory_.setKey();
        const bool attached = memory_->attach(QSharedMemory::ReadOnly);
        note(diary, "attach", attached, *memory_);
        if (!attached) {
            return std::nullopt;
        }
        note(diary, "lock", memory_->lock(), *memory_);
        const QByteArray bytes(static_cast<const char *>(memory_->constData()),
                               static_cast<int>(memory_->size()));
        diary["size"] = static_cast<qint64>(memory_->size());
        note(diary, "unlock", memory_->unlock(), *memory_);
        note(diary, "detach", memory_->detach(), *memory_);
        return bytes;
    }

    void publish(const QByteArray &bytes) {
        const bool written = writeLine(QJsonObject{
            {"hex", QString::fromLatin1(bytes.toHex())},
            {"base64", QString::fromLatin1(bytes.toBase64())},
            {"text", QString::fromLocal8Bit(bytes)},
            {"size", static_cast<qint64>(bytes.size())},
        });
        if (!written || --changesLeft_ == 0) {  // from 0 it counts down without end
            QCoreApplication::quit();
        }
    }

    SegmentObject memory_;
    qint64 changesLeft_;
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
    return QCoreApplication::exec();
}
