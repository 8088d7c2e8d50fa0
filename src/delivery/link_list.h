#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "delivery/text_fit.h"
#include "delivery/types.h"

namespace nightshift::delivery {

// As the database keeps them: [["label", "url"], ...]; "" for none. Labels are made one short line.
std::string write_links(const std::vector<Link>& links);
std::vector<Link> read_links(std::string_view text);

// "label: url", each on a line of its own; "" for none.
std::string links_as_lines(const std::vector<Link>& links);

// A text with lines under it that are not cut: the text makes room for them. Lines that would take more than
// half of `max` are left out.
std::string fit_above(std::string_view text, std::string_view lines, size_t max, Count count);

}  // namespace nightshift::delivery
