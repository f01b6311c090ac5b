// The QSharedMemory of the writer and the poller, with its key.
#pragma once

#include <QSharedMemory>
#include <QString>
#include <memory>

struct SegmentKey {
    enum Kind { Native, Legacy };  // setNativeKey(), setKey()

    Kind kind = Native;
    QString text;
};

enum class ObjectLife {
    Member,  // one object for the whole program, as the original is said to have
    Fresh,   // another object for each round
};

class SegmentObject {
 public:
    SegmentObject(const SegmentKey &key, ObjectLife life);

    QSharedMemory *operator->() const { return memory_.get(); }
    const QSharedMemory &operator*() const { return *memory_; }

    void setKey();

    // Ends a round. Before Qt 6.6, create() and lock() leave an object with a
    // native key unable to create or attach again: only another object can.
    void renew();

 private:
    SegmentKey key_;
    ObjectLife life_;
    std::unique_ptr<QSharedMemory> memory_;
};
