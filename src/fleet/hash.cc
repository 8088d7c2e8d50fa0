#include "fleet/hash.h"

#include <xxhash.h>

namespace nightshift::fleet {

uint64_t hash_text(std::string_view text, uint64_t seed) {
    return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

}  // namespace nightshift::fleet
