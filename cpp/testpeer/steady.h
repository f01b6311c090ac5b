// The clock of messages and readers: CLOCK_MONOTONIC on Linux.
#pragma once

#include <QtGlobal>
#include <chrono>

// Nanoseconds since the machine started, alike in all processes.
inline qint64 steadyNanoseconds() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}
