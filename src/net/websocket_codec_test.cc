#include "net/websocket_codec.h"

#include <gtest/gtest.h>

#include <vector>

namespace nightshift::net {
namespace {

constexpr uint32_t kMask = 0x12345678;

// Everything `bytes` decodes to, given in pieces of `step` bytes; the failure's code at the end when there is
// one.
struct Decoded {
    std::vector<WebSocketItem> items;
    uint16_t failure = 0;
};

Decoded decode(WebSocketSide side, std::string_view bytes, size_t step = SIZE_MAX, size_t bytes_max = 1000) {
    WebSocketDecoder decoder(side, bytes_max);
    Decoded out;
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        while (true) {
            auto item = decoder.next(piece);
            if (!item) {
                out.failure = decoder.failure_code();
                return out;
            }
            if (!*item) break;
            out.items.push_back(std::move(**item));
        }
        EXPECT_TRUE(piece.empty());
    }
    return out;
}

std::string bytes_of(std::initializer_list<int> values) {
    std::string out;
    for (int value : values) out += static_cast<char>(value);
    return out;
}

TEST(WebSocketCodec, DecodesTheExamplesOfTheRfc) {
    // RFC 6455 §5.7.
    auto unmasked = decode(WebSocketSide::kClient, bytes_of({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}));
    ASSERT_EQ(unmasked.items.size(), 1u);
    EXPECT_EQ(unmasked.items[0].data, "Hello");
    auto masked = decode(WebSocketSide::kServer,
                         bytes_of({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
    ASSERT_EQ(masked.items.size(), 1u);
    EXPECT_EQ(masked.items[0].data, "Hello");
    auto fragments =
        decode(WebSocketSide::kClient, bytes_of({0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f}));
    ASSERT_EQ(fragments.items.size(), 1u);
    EXPECT_EQ(fragments.items[0].data, "Hello");
}

TEST(WebSocketCodec, DecodesWhatItEncodesInPiecesOfAnySize) {
    for (size_t size : {0u, 1u, 7u, 8u, 9u, 125u, 126u, 127u, 65535u, 65536u, 70001u}) {
        std::string payload(size, ' ');
        for (size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 31);
        for (size_t step : {size_t{1}, size_t{3}, size_t{4096}, SIZE_MAX}) {
            for (bool is_masked : {false, true}) {
                auto mask = is_masked ? std::optional(kMask) : std::nullopt;
                auto side = is_masked ? WebSocketSide::kServer : WebSocketSide::kClient;
                auto got = decode(side, encode_frame(Opcode::kBinary, payload, mask), step, 100'000);
                ASSERT_EQ(got.items.size(), 1u) << size << ' ' << step;
                EXPECT_TRUE(got.items[0].data == payload) << size << ' ' << step;
                EXPECT_EQ(got.items[0].opcode, Opcode::kBinary);
            }
        }
    }
}

TEST(WebSocketCodec, TakesControlFramesBetweenFragments) {
    std::string bytes = bytes_of({0x01, 0x02, 'a', 'b'}) + encode_frame(Opcode::kPing, "p", std::nullopt) +
                        bytes_of({0x00, 0x01, 'c'}) + encode_frame(Opcode::kPong, "", std::nullopt) +
                        bytes_of({0x80, 0x00});
    for (size_t step : {size_t{1}, SIZE_MAX}) {
        auto got = decode(WebSocketSide::kClient, bytes, step);
        ASSERT_EQ(got.items.size(), 3u);
        EXPECT_EQ(got.items[0].opcode, Opcode::kPing);
        EXPECT_EQ(got.items[0].data, "p");
        EXPECT_EQ(got.items[1].opcode, Opcode::kPong);
        EXPECT_EQ(got.items[2].opcode, Opcode::kText);
        EXPECT_EQ(got.items[2].data, "abc");
    }
}

TEST(WebSocketCodec, RefusesWhatTheRfcForbids) {
    const std::pair<std::string, uint16_t> cases[] = {
        {bytes_of({0xc1, 0x00}), 1002},              // RSV1
        {bytes_of({0x83, 0x00}), 1002},              // unknown data opcode
        {bytes_of({0x8b, 0x00}), 1002},              // unknown control opcode
        {bytes_of({0x81, 0x80, 0, 0, 0, 0}), 1002},  // masked by a server
        {bytes_of({0x80, 0x00}), 1002},              // continuation of nothing
        {bytes_of({0x01, 0x00, 0x81, 0x00}), 1002},  // a new message within a message
        {bytes_of({0x09, 0x00}), 1002},              // fragmented ping
        {bytes_of({0x89, 0x7e, 0x00, 0x7e}), 1002},  // long ping
        {bytes_of({0x82, 0x7e, 0x00, 0x05}), 1002},  // length not minimal
        {bytes_of({0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), 1002},
        {bytes_of({0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0}), 1002},
        {bytes_of({0x82, 0x7e, 0x10, 0x00}), 1009},  // larger than allowed
        {bytes_of({0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), 1009},
        {bytes_of({0x81, 0x02, 0xc3, 0x28}), 1007},  // not UTF-8
        {bytes_of({0x88, 0x01, 0x03}), 1002},        // half a close code
        {bytes_of({0x88, 0x02, 0x03, 0xed}), 1002},  // 1005 on the wire
        {bytes_of({0x88, 0x02, 0x00, 0x00}), 1002},
        {bytes_of({0x88, 0x03, 0x03, 0xe8, 0xff}), 1007},
    };
    for (const auto& [bytes, code] : cases) {
        for (size_t step : {size_t{1}, SIZE_MAX}) {
            auto got = decode(WebSocketSide::kClient, bytes, step);
            EXPECT_EQ(got.failure, code) << testing::PrintToString(bytes);
        }
    }
    EXPECT_EQ(decode(WebSocketSide::kServer, bytes_of({0x81, 0x00})).failure, 1002);  // a client must mask
}

TEST(WebSocketCodec, RefusesFragmentsThatTogetherAreTooLarge) {
    std::string bytes =
        bytes_of({0x02, 0x7d}) + std::string(125, 'x') + bytes_of({0x80, 0x7d}) + std::string(125, 'x');
    EXPECT_EQ(decode(WebSocketSide::kClient, bytes, SIZE_MAX, 249).failure, 1009);
    EXPECT_EQ(decode(WebSocketSide::kClient, bytes, SIZE_MAX, 250).items.size(), 1u);
}

TEST(WebSocketCodec, TellsCodeAndReasonOfAClose) {
    auto got = decode(WebSocketSide::kClient,
                      encode_frame(Opcode::kClose, encode_close(4008, "slow"), std::nullopt));
    ASSERT_EQ(got.items.size(), 1u);
    EXPECT_EQ(got.items[0].close_code, 4008);
    EXPECT_EQ(got.items[0].data, "slow");
    got = decode(WebSocketSide::kClient, bytes_of({0x88, 0x00}));
    ASSERT_EQ(got.items.size(), 1u);
    EXPECT_EQ(got.items[0].close_code, 1005);
    EXPECT_EQ(encode_close(1005, "x"), "");
    EXPECT_EQ(encode_close(1000, std::string(500, 'r')).size(), 125u);
}

}  // namespace
}  // namespace nightshift::net
