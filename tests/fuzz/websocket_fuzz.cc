// Frames from any bytes, cut anywhere: the same items come out however they are cut, none larger than
// allowed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/text.h"
#include "net/websocket_codec.h"

namespace {

using namespace nightshift;
using namespace nightshift::net;

constexpr size_t kMessageBytesMax = 2048;

struct Decoded {
    std::vector<std::string> items;
    uint16_t failure = 0;
    bool operator==(const Decoded&) const = default;
};

Decoded decode(WebSocketSide side, std::string_view bytes, size_t step) {
    Decoded out;
    WebSocketDecoder decoder(side, kMessageBytesMax);
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        while (true) {
            auto item = decoder.next(piece);
            if (!item) {
                NS_ASSERT(decoder.failure_code() != 0);
                out.failure = decoder.failure_code();
                return out;
            }
            if (!*item) break;
            NS_ASSERT((*item)->data.size() <= kMessageBytesMax);
            if ((*item)->opcode == Opcode::kText) NS_ASSERT(is_valid_utf8((*item)->data));
            out.items.push_back(std::to_string(static_cast<int>((*item)->opcode)) + (*item)->data);
        }
        NS_ASSERT(piece.empty());
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    auto side = (data[0] & 1) != 0 ? WebSocketSide::kServer : WebSocketSide::kClient;
    size_t step = std::max<size_t>(1, data[0] >> 1);
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    NS_ASSERT(decode(side, bytes, step) == decode(side, bytes, SIZE_MAX));
    return 0;
}
