#include "gateway/caller.h"

#include <algorithm>

#include "base/text.h"

namespace nightshift::gateway {
namespace {

bool is_plain(std::string_view text) {
    return !text.empty() && text.size() <= kNameBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_hex(std::string_view text, size_t size) {
    return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
           text.find_first_not_of('0') != std::string_view::npos;
}

std::string name_of(std::string_view text) {
    return to_valid_utf8(truncate_utf8(trim(text), kNameBytesMax));
}

// W3C Trace Context: version-trace-parent-flags.
void read_traceparent(std::string_view text, Caller& caller) {
    if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return;
    const std::string_view trace = text.substr(3, 32);
    const std::string_view parent = text.substr(36, 16);
    if (!is_hex(trace, 32) || !is_hex(parent, 16)) return;
    caller.trace = trace;
    caller.parent_span = parent;
}

}  // namespace

Caller identify(const net::Headers& headers, const RequestFacts& facts, std::string_view tenant,
                std::string_view token_name, const std::map<std::string, std::string>& teams,
                std::string_view new_id) {
    Caller caller;
    caller.tenant = tenant;
    const std::string_view agent = headers.get("x-nightshift-agent");
    caller.agent = name_of(agent.empty() ? token_name : agent);
    const std::string_view session = headers.get("x-nightshift-session");
    caller.session = name_of(session.empty() ? std::string_view(facts.session) : session);
    if (auto team = teams.find(caller.agent); team != teams.end()) caller.team = team->second;
    read_traceparent(headers.get("traceparent"), caller);
    const std::string_view given = headers.get("x-request-id");
    caller.request_id = is_plain(given) ? given : new_id;
    return caller;
}

}  // namespace nightshift::gateway
