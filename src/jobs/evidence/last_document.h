#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string_view>

namespace nightshift::jobs::evidence {

constexpr size_t kDocumentBytesMax = 4u << 20;

// The JSON document that a text is, or, among other lines, the last one it holds: it starts with { or [ at
// the beginning of a line and ends at the end of one. Looks at the last kDocumentBytesMax bytes. Invalid
// UTF-8 is replaced first.
std::optional<boost::json::value> last_document(std::string_view text);

}  // namespace nightshift::jobs::evidence
