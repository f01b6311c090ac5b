// Values of 64-bit words, as ring.* and seqlock.* write them: each word tells of which
// value it is, so that a reader sees when it has parts of two.
#pragma once

#include <QtGlobal>
#include <algorithm>
#include <array>
#include <atomic>

constexpr size_t wordCount = 512;

using AtomicWords = std::array<std::atomic<quint64>, wordCount>;
using Words = std::array<quint64, wordCount>;

static_assert(std::atomic<quint64>::is_always_lock_free, "a lock would be one of this process");
static_assert(sizeof(AtomicWords) == sizeof(Words), "Go has it as numbers");

constexpr quint64 wordOf(quint64 number, size_t at) { return number << 16 | at; }

inline void storeWords(AtomicWords &to, quint64 number) {
    for (size_t at = 0; at < wordCount; ++at) {
        to[at].store(wordOf(number, at), std::memory_order_relaxed);
    }
}

// Calls halfway() in the middle.
template <typename Halfway>
void loadWords(Words &to, const AtomicWords &from, Halfway &&halfway) {
    for (size_t at = 0; at < wordCount; ++at) {
        if (at == wordCount / 2) {
            halfway();
        }
        to[at] = from[at].load(std::memory_order_relaxed);
    }
}

// Whether they are all of the same value.
inline bool isWhole(const Words &words) {
    const quint64 number = words[0] >> 16;
    size_t at = 0;
    return std::all_of(words.begin(), words.end(),
                       [&](quint64 word) { return word == wordOf(number, at++); });
}
