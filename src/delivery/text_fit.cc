#include "delivery/text_fit.h"

#include "base/text.h"

namespace nightshift::delivery {
namespace {

constexpr std::string_view kEllipsis = "…";

size_t sequence_bytes(char lead) {
    auto byte = static_cast<unsigned char>(lead);
    if (byte < 0xC0) return 1;
    if (byte < 0xE0) return 2;
    return byte < 0xF0 ? 3 : 4;
}

size_t cost_of(char lead, Count count) {
    size_t bytes = sequence_bytes(lead);
    if (count == Count::kBytes) return bytes;
    if (count == Count::kUtf16Escaped) {
        if (lead == '&') return 5;
        if (lead == '<' || lead == '>') return 4;
    }
    return bytes == 4 ? 2 : 1;
}

// The longest prefix that costs at most `max`.
size_t prefix_within(std::string_view text, size_t max, Count count) {
    size_t end = 0;
    size_t cost = 0;
    while (end < text.size()) {
        cost += cost_of(text[end], count);
        if (cost > max) break;
        end += sequence_bytes(text[end]);
    }
    return std::min(end, text.size());
}

}  // namespace

size_t length_of(std::string_view text, Count count) {
    size_t length = 0;
    for (size_t at = 0; at < text.size(); at += sequence_bytes(text[at])) length += cost_of(text[at], count);
    return length;
}

std::string fit(std::string_view text, size_t max, Count count) {
    if (prefix_within(text, max, count) == text.size()) return std::string(text);
    size_t ellipsis = count == Count::kBytes ? kEllipsis.size() : 1;
    if (max < ellipsis) return "";
    std::string out(text.substr(0, prefix_within(text, max - ellipsis, count)));
    out += kEllipsis;
    return out;
}

std::string join_subject(std::string_view subject, std::string_view text) {
    std::string out(subject);
    if (!subject.empty() && !text.empty()) out += "\n\n";
    out += text;
    return out;
}

std::string escape_entities(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else {
            out += c;
        }
    }
    return out;
}

std::string one_line(std::string_view text, size_t bytes_max) {
    std::string line = to_valid_utf8(text.substr(0, bytes_max * 2));
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return fit(trim(line), bytes_max, Count::kBytes);
}

}  // namespace nightshift::delivery
