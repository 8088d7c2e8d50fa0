#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nightshift::recorder {

// The fingerprints of the last events, to recognise a retry. Two generations: when the younger one is full or
// older than the window, the older one is forgotten. So an id is remembered for at least the window, unless
// more than half of `ids_max` others came since. Used by one thread.
class Dedupe {
public:
    Dedupe(int64_t window_us, size_t ids_max) : window_us_(window_us), generation_max_(ids_max / 2 + 1) {}

    // Brings the slots of these fingerprints into the cache, for the add() calls that follow.
    void prefetch(const std::vector<uint64_t>& fingerprints) const;
    // Whether it is new; it is remembered either way.
    bool add(uint64_t fingerprint, int64_t now_us);
    // Forgets what was added but could not be written.
    void remove(uint64_t fingerprint);

    size_t bytes() const { return (young_.slots.capacity() + old_.slots.capacity()) * sizeof(uint64_t); }

private:
    // Open addressing over powers of two; 0 is free.
    struct Generation {
        std::vector<uint64_t> slots;
        size_t used = 0;

        bool contains(uint64_t fingerprint) const;
        void insert(uint64_t fingerprint);
        void remove(uint64_t fingerprint);
    };

    Generation young_;
    Generation old_;
    int64_t young_since_us_ = INT64_MIN;
    int64_t window_us_;
    size_t generation_max_;
};

}  // namespace nightshift::recorder
