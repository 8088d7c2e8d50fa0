#include "delivery/channels/slack_text.h"

#include <algorithm>

#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kTextUnitsMax = 40'000;  // after escaping

// A bar or an angle bracket would end the address, or begin the label.
std::string escape_address(std::string_view url) {
    std::string out;
    for (char c : url) {
        if (c == '|') {
            out += "%7C";
        } else if (c == '<') {
            out += "%3C";
        } else if (c == '>') {
            out += "%3E";
        } else {
            out += c;
        }
    }
    return escape_entities(out);
}

std::string link_lines(const std::vector<Link>& links) {
    std::string lines;
    for (const Link& each : links) {
        std::string label = each.label;
        std::ranges::replace(label, '|', '/');
        lines += lines.empty() ? "\n\n<" : "\n<";
        lines += escape_address(each.url) + "|" + escape_entities(label) + ">";
    }
    return lines;
}

}  // namespace

std::string slack_text(const Message& message) {
    std::string lines = link_lines(message.links);
    size_t room = kTextUnitsMax - length_of(lines, Count::kUtf16);
    std::string text = fit(join_subject(message.subject, message.text), room, Count::kUtf16Escaped);
    return escape_entities(text) + lines;
}

}  // namespace nightshift::delivery
