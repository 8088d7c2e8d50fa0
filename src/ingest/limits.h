#pragma once

#include <cstddef>
#include <cstdint>

// Every limit of this room, with what happens beyond it.
namespace nightshift::ingest::limits {

inline constexpr size_t kBodyBytesMax = 64u << 20;  // after inflation: 413
inline constexpr size_t kRecordsMax = 200'000;  // of one OTLP request: the rest is rejected (partial success)
inline constexpr size_t kPointsMax = 20'000;    // metric points of one request: the rest is rejected
inline constexpr size_t kSeriesMax = 100'000;   // cumulative series remembered: new ones are not counted
inline constexpr size_t kColumnBytesMax = 256;  // ids, names, models: cut
inline constexpr size_t kAttributeKeyMax = 256;          // cut
inline constexpr size_t kAttributeBytesMax = 64u << 10;  // one value: cut
inline constexpr size_t kAttributesBytesMax =
    64u << 10;  // all of an event: later ones are left out, "truncated": true
inline constexpr size_t kContentBytesMax = 1u << 20;  // kept content of an event: later members are left out
inline constexpr size_t kLineBytesMax = 256u << 10;   // POST /api/v1/events: the line is rejected
inline constexpr size_t kLinesMax = 100'000;          // POST /api/v1/events: the rest is rejected
inline constexpr size_t kLineErrorsMax = 100;         // listed in the answer; all are counted
inline constexpr int kLineDepthMax = 32;              // nesting of a line: rejected
inline constexpr int64_t kFutureMaxUs = 86'400'000'000;  // a clock more than a day ahead: the time of receipt
inline constexpr int64_t kPastMinUs = 946'684'800'000'000;  // before the year 2000: the time of receipt
inline constexpr int64_t kDurationMaxUs = 366ll * 86'400'000'000;  // cut

}  // namespace nightshift::ingest::limits
