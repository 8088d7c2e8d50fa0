#include "delivery/link_list.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "delivery/json_answer.h"
#include "delivery/limits.h"

namespace nightshift::delivery {

namespace json = boost::json;

std::string write_links(const std::vector<Link>& links) {
    if (links.empty()) return "";
    json::array all;
    for (const Link& each : links) {
        all.push_back(json::array{one_line(each.label, kLinkLabelBytesMax), each.url});
    }
    return json::serialize(all);
}

std::vector<Link> read_links(std::string_view text) {
    std::vector<Link> links;
    if (text.empty()) return links;
    auto root = parse_answer(text);
    if (!root || !root->is_array()) return links;
    for (const json::value& each : root->get_array()) {
        links.push_back({text_at(each, "0"), text_at(each, "1")});
    }
    return links;
}

std::string links_as_lines(const std::vector<Link>& links) {
    std::string lines;
    for (const Link& each : links) {
        if (!lines.empty()) lines += '\n';
        lines += each.label + ": " + each.url;
    }
    return lines;
}

std::string fit_above(std::string_view text, std::string_view lines, size_t max, Count count) {
    constexpr std::string_view kGap = "\n\n";
    size_t below = lines.empty() ? 0 : length_of(lines, count) + kGap.size();
    if (below == 0 || below > max / 2) return fit(text, max, count);
    std::string out = fit(text, max - below, count);
    out += kGap;
    out += lines;
    return out;
}

}  // namespace nightshift::delivery
