// A QSharedMemory and the mode it was mapped with, for which Qt has no getter.
#pragma once

#include <QSharedMemory>

struct Segment {
    Segment() = default;
    explicit Segment(const QString &key) : memory(key) {}

    QSharedMemory memory;
    QSharedMemory::AccessMode mode = QSharedMemory::ReadWrite;
};
