#include "net/websocket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/random.h"
#include "base/text.h"

namespace nightshift::net {

bool has_token(std::string_view list, std::string_view token) {
    auto items = split(list, ',');
    return std::any_of(items.begin(), items.end(),
                       [&](std::string_view item) { return equals_ignore_case(trim(item), token); });
}

UpgradeRequest upgrade_request(Method method, const Headers& headers) {
    bool is_wanted =
        has_token(headers.get("upgrade"), "websocket") && has_token(headers.get("connection"), "upgrade");
    if (!is_wanted) return UpgradeRequest::kNone;
    auto key = base64_decode(headers.get("sec-websocket-key"));
    bool is_valid =
        method == Method::kGet && headers.get("sec-websocket-version") == "13" && key && key->size() == 16;
    return is_valid ? UpgradeRequest::kValid : UpgradeRequest::kInvalid;
}

std::string websocket_accept(std::string_view key) {
    std::string text(key);
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    int done = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    NS_ASSERT(done == 1);
    return base64_encode(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

std::string make_websocket_key() {
    return base64_encode(random_bytes(16));
}

}  // namespace nightshift::net
