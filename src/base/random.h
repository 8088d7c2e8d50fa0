#pragma once

#include <cstdint>
#include <string>

namespace nightshift {

// `size` bytes from the kernel, fit for keys.
std::string random_bytes(size_t size);

// A new token: `prefix` and 32 random bytes in base64url.
std::string random_token(std::string_view prefix);

// SplitMix64: a small fast generator for jitter and simulations; one seed reproduces a run.
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    // Seeded by the kernel.
    static Random seeded();

    uint64_t next();
    // In [0, bound).
    uint64_t below(uint64_t bound);
    // In [0, 1).
    double uniform();

private:
    uint64_t state_;
};

}  // namespace nightshift
