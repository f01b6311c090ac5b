// A QSharedMemory and the mode it was mapped with, for which Qt has no getter.
#pragma once

#include <QSharedMemory>

struct Segment {
    Segment() = default;
    // The key is a QString, or from Qt 6.6 on a QNativeIpcKey.
    template <typename Key>
    explicit Segment(const Key &key) : memory(key) {}

    QSharedMemory memory;
    QSharedMemory::AccessMode mode = QSharedMemory::ReadWrite;
};
