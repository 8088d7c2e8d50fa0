#include "recorder/dedupe.h"

#include <utility>

namespace nightshift::recorder {
namespace {

// 0 marks a free slot.
uint64_t usable(uint64_t fingerprint) {
    return fingerprint == 0 ? 1 : fingerprint;
}

void place(std::vector<uint64_t>& slots, uint64_t fingerprint) {
    size_t mask = slots.size() - 1;
    size_t i = fingerprint & mask;
    while (slots[i] != 0) i = (i + 1) & mask;
    slots[i] = fingerprint;
}

}  // namespace

bool Dedupe::Generation::contains(uint64_t fingerprint) const {
    if (slots.empty()) return false;
    size_t mask = slots.size() - 1;
    for (size_t i = fingerprint & mask; slots[i] != 0; i = (i + 1) & mask) {
        if (slots[i] == fingerprint) return true;
    }
    return false;
}

void Dedupe::Generation::insert(uint64_t fingerprint) {
    if ((used + 1) * 3 > slots.size() * 2) {
        std::vector<uint64_t> old = std::move(slots);
        slots.assign(old.empty() ? 256 : old.size() * 2, 0);
        for (uint64_t each : old) {
            if (each != 0) place(slots, each);
        }
    }
    place(slots, fingerprint);
    ++used;
}

void Dedupe::Generation::remove(uint64_t fingerprint) {
    if (slots.empty()) return;
    size_t mask = slots.size() - 1;
    size_t hole = fingerprint & mask;
    while (slots[hole] != 0 && slots[hole] != fingerprint) hole = (hole + 1) & mask;
    if (slots[hole] == 0) return;
    // Close the gap, so that probing still finds those that were placed behind it.
    for (size_t i = (hole + 1) & mask; slots[i] != 0; i = (i + 1) & mask) {
        size_t home = slots[i] & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        slots[hole] = slots[i];
        hole = i;
    }
    slots[hole] = 0;
    --used;
}

void Dedupe::prefetch(const std::vector<uint64_t>& fingerprints) const {
    for (uint64_t fingerprint : fingerprints) {
        if (!young_.slots.empty()) __builtin_prefetch(&young_.slots[fingerprint & (young_.slots.size() - 1)]);
        if (!old_.slots.empty()) __builtin_prefetch(&old_.slots[fingerprint & (old_.slots.size() - 1)]);
    }
}

bool Dedupe::add(uint64_t fingerprint, int64_t now_us) {
    fingerprint = usable(fingerprint);
    if (young_since_us_ == INT64_MIN || now_us < young_since_us_) young_since_us_ = now_us;
    if (young_.used >= generation_max_ || now_us - young_since_us_ > window_us_) {
        old_ = std::exchange(young_, Generation{});
        young_since_us_ = now_us;
    }
    if (young_.contains(fingerprint)) return false;
    bool is_new = !old_.contains(fingerprint);
    young_.insert(fingerprint);
    return is_new;
}

void Dedupe::remove(uint64_t fingerprint) {
    fingerprint = usable(fingerprint);
    young_.remove(fingerprint);
    old_.remove(fingerprint);
}

}  // namespace nightshift::recorder
