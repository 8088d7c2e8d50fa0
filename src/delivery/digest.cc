#include "delivery/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

#include "base/assert.h"
#include "base/text.h"

namespace nightshift::delivery {

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    return to_hex(digest.data(), digest.size());
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    unsigned int size = digest.size();
    const unsigned char* done =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(), &size);
    NS_ASSERT(done != nullptr);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string uuid_of(std::string_view name) {
    std::string hex = sha256_hex(name).substr(0, 32);
    hex[12] = '8';
    hex[16] = "89ab"[(hex[16] <= '9' ? hex[16] - '0' : hex[16] - 'a' + 10) & 3];
    for (size_t at : {8, 13, 18, 23}) hex.insert(at, "-");
    return hex;
}

}  // namespace nightshift::delivery
