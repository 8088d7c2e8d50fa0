#pragma once

#include "gateway/dialects/answer.h"

namespace nightshift::gateway {

// "7", "2.5", "6s", "1m2.5s", "42ms", "2m59.56s": a wait as headers give it. Nothing for other texts and for
// more than a month.
std::optional<std::chrono::milliseconds> parse_wait(std::string_view text);

// From now to an RFC 3339 moment in UTC, seconds precise; zero when it has passed.
std::optional<std::chrono::milliseconds> until_rfc3339(std::string_view text,
                                                       std::chrono::system_clock::time_point now);

// In this order: retry-after-ms, retry-after, the text of the error, the reset of the limit that has nothing
// left.
std::optional<std::chrono::milliseconds> read_retry_after(ProviderKind kind, HeaderFields headers,
                                                          std::string_view message,
                                                          std::chrono::system_clock::time_point now);

}  // namespace nightshift::gateway
