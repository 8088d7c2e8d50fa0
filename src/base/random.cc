#include "base/random.h"

#include <sys/random.h>

#include <cstring>

#include "base/assert.h"
#include "base/text.h"

namespace nightshift {

std::string random_bytes(size_t size) {
    std::string bytes(size, '\0');
    size_t filled = 0;
    while (filled < size) {
        ssize_t got = getrandom(bytes.data() + filled, size - filled, 0);
        NS_ASSERT(got > 0);
        filled += static_cast<size_t>(got);
    }
    return bytes;
}

std::string random_token(std::string_view prefix) {
    return std::string(prefix) + base64url_encode(random_bytes(32));
}

Random Random::seeded() {
    uint64_t seed = 0;
    std::string bytes = random_bytes(sizeof seed);
    std::memcpy(&seed, bytes.data(), sizeof seed);
    return Random(seed);
}

uint64_t Random::next() {
    state_ += 0x9E3779B97F4A7C15ull;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

uint64_t Random::below(uint64_t bound) {
    return bound == 0 ? 0 : static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
}

double Random::uniform() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

}  // namespace nightshift
