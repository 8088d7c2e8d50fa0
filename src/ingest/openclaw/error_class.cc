#include "ingest/openclaw/error_class.h"

#include <array>
#include <string>

#include "base/text.h"

namespace nightshift::ingest::openclaw {
namespace {

struct Pattern {
    std::string_view words;  // in lower case
    std::string_view error_class;
};

// In the order of precedence: what names the gateway's own trouble comes first, then the numbers of HTTP.
constexpr std::array kPatterns = {
    Pattern{"interrupted by gateway restart", "gateway_restart"},
    Pattern{"admission is closed", "gateway_internal"},
    Pattern{"sqlite", "gateway_internal"},
    Pattern{"timed out before runner start", "gateway_internal"},
    Pattern{"outcome-unknown", "gateway_internal"},
    Pattern{"worker task", "gateway_internal"},
    Pattern{"lane task", "gateway_internal"},
    Pattern{"aborted", "aborted"},
    Pattern{"cancelled", "aborted"},
    Pattern{"429", "rate_limit"},
    Pattern{"rate limit", "rate_limit"},
    Pattern{"too many requests", "rate_limit"},
    Pattern{"529", "overloaded"},
    Pattern{"overloaded", "overloaded"},
    Pattern{"401", "auth"},
    Pattern{"403", "auth"},
    Pattern{"unauthorized", "auth"},
    Pattern{"invalid api key", "auth"},
    Pattern{"402", "billing"},
    Pattern{"billing", "billing"},
    Pattern{"credit", "billing"},
    Pattern{"quota", "billing"},
    Pattern{"model was not found", "model_not_found"},
    Pattern{"model_not_found", "model_not_found"},
    Pattern{"404", "model_not_found"},
    Pattern{"context length", "context_overflow"},
    Pattern{"context window", "context_overflow"},
    Pattern{"timed out", "timeout"},
    Pattern{"timeout", "timeout"},
    Pattern{"http 5", "server_error"},
    Pattern{"500", "server_error"},
    Pattern{"502", "server_error"},
    Pattern{"503", "server_error"},
    Pattern{"504", "server_error"},
    Pattern{"server had an error", "server_error"},
    Pattern{"internal error", "server_error"},
    Pattern{"connection", "connection"},
    Pattern{"econnrefused", "connection"},
    Pattern{"fetch failed", "connection"},
};

}  // namespace

std::string_view classify_error(std::string_view message) {
    if (message.empty()) return {};
    std::string lower = to_lower(message.substr(0, 2000));
    for (const Pattern& pattern : kPatterns)
        if (lower.find(pattern.words) != std::string::npos) return pattern.error_class;
    return "unknown";
}

bool blames_gateway(std::string_view error_class) {
    return error_class == "gateway_internal" || error_class == "gateway_restart" ||
           error_class == "unknown" || error_class.empty();
}

}  // namespace nightshift::ingest::openclaw
