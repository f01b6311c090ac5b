//go:build linux || windows

// What tests need on the C++ side: code that throws, and code that stands for
// another binding, with objects of its own.

#include <QObject>
#include <stdexcept>
#if QTB_QT == 5
#include <QTextCodec>
#endif

#include "guard.h"
#include "nativetest.h"

extern "C" {

qtb_result qtb_probe_throw(int32_t standard) {
    return qtb::guarded([&]() -> qtb_result {
        if (standard != 0)
            throw std::runtime_error("thrown on purpose");
        throw standard;
    });
}

void *qtb_probe_new(int32_t memory) { return memory != 0 ? new QSharedMemory : new QObject; }

void qtb_probe_delete(void *object) { delete static_cast<QObject *>(object); }

int32_t qtb_probe_set_local8bit(const char *codec) {
#if QTB_QT == 5
    QTextCodec *found = codec == nullptr ? nullptr : QTextCodec::codecForName(codec);
    QTextCodec::setCodecForLocale(found);
    return codec == nullptr || found != nullptr;
#else
    static_cast<void>(codec);
    return 0;
#endif
}

}  // extern "C"
