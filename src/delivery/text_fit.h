#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nightshift::delivery {

// How a provider counts the length of a text.
enum class Count {
    kBytes,         // of UTF-8
    kUtf16,         // units: a character beyond the basic plane counts twice
    kUtf16Escaped,  // the same after &, < and > have become &amp; &lt; &gt;
};

// `text` in at most `max` of the provider's counts: cut at a character's boundary, with an ellipsis where it
// was. `text` must be valid UTF-8.
std::string fit(std::string_view text, size_t max, Count count);

// How long `text` is in the provider's counts.
size_t length_of(std::string_view text, Count count);

// Subject, a blank line and the text; one alone when the other is empty.
std::string join_subject(std::string_view subject, std::string_view text);

// & < > as entities, the only ones Slack knows.
std::string escape_entities(std::string_view text);

// For logs, errors and receipts: one line of valid UTF-8 without control characters, at most `bytes_max`.
std::string one_line(std::string_view text, size_t bytes_max);

}  // namespace nightshift::delivery
