#include "incidents/ack_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

#include "base/assert.h"
#include "base/text.h"
#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

// Longer is none of ours, and is not looked at.
constexpr size_t kTokenBytesMax = 4'096;
// Signed with it, so that the key's signatures of other things are none of this.
constexpr std::string_view kPurpose = "nightshift incident link 1:";

std::string hmac(const Secret& key, std::string_view bytes) {
    std::string text = std::string(kPurpose) + std::string(bytes);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    unsigned int size = digest.size();
    const std::string& secret = key.reveal();
    const unsigned char* done =
        HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    NS_ASSERT(done != nullptr);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

// Percent-encoded fields hold no separator: no two grants have the same bytes.
std::string packed(const AckGrant& grant) {
    std::string out;
    for (const std::string& field : {grant.incident, grant.tenant, grant.action, grant.who})
        out += percent_encode(field) + "&";
    return out + std::to_string(std::chrono::floor<seconds>(grant.until.time_since_epoch()).count());
}

Result<AckGrant> unpack(std::string_view bytes) {
    std::vector<std::string_view> fields = split(bytes, '&');
    AckGrant grant;
    std::string* const texts[] = {&grant.incident, &grant.tenant, &grant.action, &grant.who};
    if (fields.size() != 5) return fail(Code::kInvalid, "this is no link of ours");
    for (size_t i = 0; i < 4; ++i) {
        auto decoded = percent_decode(fields[i]);
        if (!decoded) return fail(Code::kInvalid, "this is no link of ours");
        *texts[i] = std::move(*decoded);
    }
    constexpr int64_t kSecondsMax = 100'000'000'000;  // the year 5138
    auto until = parse_int(fields[4]);
    if (!until || *until < 0 || *until > kSecondsMax) return fail(Code::kInvalid, "this is no link of ours");
    grant.until = Time(seconds(*until));
    return grant;
}

}  // namespace

std::string sign(const AckGrant& grant, const Secret& key) {
    NS_ASSERT(!key.is_empty());
    std::string bytes = packed(grant);
    return base64url_encode(bytes) + "." + base64url_encode(hmac(key, bytes));
}

Result<AckGrant> verify(std::string_view token, std::string_view incident, const Secret& key, Time now) {
    NS_ASSERT(!key.is_empty());
    size_t dot = token.find('.');
    if (token.size() > kTokenBytesMax || dot == std::string_view::npos)
        return fail(Code::kInvalid, "this is no link of ours");
    auto bytes = base64_decode(token.substr(0, dot));
    auto signature = base64_decode(token.substr(dot + 1));
    if (!bytes || !signature) return fail(Code::kInvalid, "this is no link of ours");
    // Before anything in it is believed.
    if (!equals_constant_time(*signature, hmac(key, *bytes)))
        return fail(Code::kForbidden, "the signature of this link is wrong");
    NS_TRY(AckGrant grant, unpack(*bytes));
    if (grant.incident != incident) return fail(Code::kForbidden, "this link is for another incident");
    if (now >= grant.until) return fail(Code::kForbidden, "this link expired at {}", words(grant.until));
    return grant;
}

}  // namespace nightshift::incidents
