#include "jobs/evidence/last_document.h"

#include <boost/json.hpp>
#include <cctype>

#include "base/text.h"

namespace nightshift::jobs::evidence {

namespace json = boost::json;

namespace {

std::optional<json::value> whole_document(std::string_view text) {
    json::error_code error;
    json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) return std::nullopt;
    return value;
}

// The document that `text` begins with, and its size; 0 when there is none.
size_t leading_document(std::string_view text, json::value& document) {
    json::parser parser;
    json::error_code error;
    size_t taken =
        parser.write_some(text.data(), text.size(), error);  // a text that ends too soon is an error
    if (error) return 0;
    while (taken > 0 && std::isspace(static_cast<unsigned char>(text[taken - 1]))) --taken;
    std::string_view rest = text.substr(taken);
    if (!trim(rest.substr(0, rest.find('\n'))).empty()) return 0;
    document = parser.release();
    return taken;
}

}  // namespace

std::optional<json::value> last_document(std::string_view text) {
    if (text.size() > kDocumentBytesMax) {
        text.remove_prefix(text.size() - kDocumentBytesMax);
        text.remove_prefix(std::min(text.size(), text.find('\n')));
    }
    std::string clean = to_valid_utf8(trim(text));
    if (clean.empty()) return std::nullopt;
    if (std::optional<json::value> whole = whole_document(clean)) return whole;

    // Forward, so that an element of a document is never taken for a document. A failed attempt nests at most
    // as deep as the parser goes, which bounds the work.
    std::optional<json::value> last;
    std::string_view rest = clean;
    while (!rest.empty()) {
        json::value document;
        size_t taken = 0;
        if (rest[0] == '{' || rest[0] == '[') taken = leading_document(rest, document);
        if (taken > 0) last = std::move(document);
        rest.remove_prefix(taken);
        size_t line_end = rest.find('\n');
        if (line_end == rest.npos) break;
        rest.remove_prefix(line_end + 1);
    }
    return last;
}

}  // namespace nightshift::jobs::evidence
