#include "segment_object.h"

SegmentObject::SegmentObject(const SegmentKey &key, ObjectLife life)
    : key_(key), life_(life), memory_(std::make_unique<QSharedMemory>()) {}

void SegmentObject::setKey() {
    if (key_.kind == SegmentKey::Native) {
        memory_->setNativeKey(key_.text);
    } else {
        memory_->setKey(key_.text);
    }
}

void SegmentObject::renew() {
    if (life_ == ObjectLife::Fresh) {
        memory_ = std::make_unique<QSharedMemory>();
        setKey();
    }
}
