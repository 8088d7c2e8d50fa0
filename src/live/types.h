#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

// Words and limits that the files of this room share.
namespace nightshift::live {

// Time that never jumps. Decisions take it as an argument; only hub.cc reads a clock.
using Instant = std::chrono::steady_clock::time_point;

// Lets a map keyed by std::string be asked with a view.
struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

enum class Transport { kWebSocket, kEventStream };

// A loop's clients are in so many parts, which Cadence may send to in turn.
inline constexpr uint32_t kParts = 4;

inline constexpr size_t kTopicNameBytesMax = 512;
inline constexpr size_t kSubscriptionsMax = 64;        // topics of one client
inline constexpr size_t kTokenBytesMax = 64u << 10;    // no request head holds more
inline constexpr size_t kCommandBytesMax = 64u << 10;  // one message from a client
inline constexpr uint32_t kCommandsPerSecondMax = 50;  // of one client; beyond it the client is closed
inline constexpr size_t kStateItemsMax = 200'000;      // keys of one state topic
inline constexpr size_t kTailBytesMax = 32u << 10;     // of a log, in a snapshot
inline constexpr size_t kSharedPieceBytesMin = 16u
                                               << 10;  // larger messages are sent shared instead of copied
inline constexpr std::chrono::milliseconds kSnapshotEvery{500};
inline constexpr std::chrono::seconds kKeepAliveEvery{25};

// Close codes (RFC 6455 §7.4, and ours from 4000 up).
inline constexpr uint16_t kCloseProtocol = 1008;
inline constexpr uint16_t kCloseRestart = 1012;
inline constexpr uint16_t kCloseTryLater = 1013;
inline constexpr uint16_t kCloseStalled = 4008;

}  // namespace nightshift::live
