#include "writer.h"

#include <cstring>

#include "diary.h"
#include "lines.h"

namespace {

class Writer {
 public:
    explicit Writer(const Options &options) : memory_(options.key, options.life) {}

    // The original's calls in the original's order. It looks at none of the
    // results: they go to the diary, and change nothing here either.
    bool publish(const QString &id) {
        const QByteArray bytes = id.toLocal8Bit();
        QJsonObject diary{{"id", id}, {"size", bytes.size()}, {"detach", QJsonValue()}};
        memory_.setKey();
        if (memory_->isAttached()) {
            note(diary, "detach", memory_->detach(), *memory_);
        }
        memory_.renew();
        note(diary, "create", memory_->create(static_cast<int>(bytes.size())), *memory_);
        note(diary, "lock", memory_->lock(), *memory_);
        const bool copied = copy(bytes, diary);
        note(diary, "unlock", memory_->unlock(), *memory_);
        writeDiary(diary);
        return copied;
    }

 private:
    // The original has no such check: after a failed create() it would write
    // through a null pointer and crash.
    bool copy(const QByteArray &bytes, QJsonObject &diary) {
        if (memory_->data() == nullptr) {
            diary["data"] = QJsonValue();
            diary["hex"] = "";
            return false;
        }
        std::memcpy(memory_->data(), bytes.constData(), static_cast<std::size_t>(bytes.size()));
        diary["hex"] = QString::fromLatin1(bytes.toHex());
        return true;
    }

    SegmentObject memory_;
};

}  // namespace

int runWriter(const Options &options) {
    Writer writer(options);
    while (const auto line = readLine()) {
        if (writer.publish(QString::fromUtf8(*line)) && !writeLine(*line)) {
            break;
        }
    }
    return 0;
}
