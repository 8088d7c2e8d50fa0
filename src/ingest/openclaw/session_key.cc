#include "ingest/openclaw/session_key.h"

#include <fmt/core.h>

namespace nightshift::ingest::openclaw {
namespace {

// Cuts the text up to the next ':' off the front of `rest`.
std::string_view next_word(std::string_view& rest) {
    size_t end = rest.find(':');
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return word;
}

}  // namespace

SessionKey parse_session_key(std::string_view key) {
    SessionKey result;
    std::string_view rest = key;
    if (rest.starts_with("agent:")) {
        next_word(rest);
        result.agent = next_word(rest);
    }
    result.kind = next_word(rest);
    if (result.kind != "cron") return result;
    result.job = next_word(rest);
    if (rest.starts_with("run:")) result.session_id = rest.substr(4);
    return result;
}

std::string canonical_session_key(std::string_view key, std::string_view session_id, std::string_view agent) {
    SessionKey parts = parse_session_key(key);
    if (parts.kind != "cron" || parts.job.empty()) return std::string(key);
    std::string_view owner = parts.agent.empty() ? agent : parts.agent;
    std::string_view run = parts.session_id.empty() ? session_id : parts.session_id;
    if (owner.empty()) owner = "main";
    if (run.empty()) return fmt::format("agent:{}:cron:{}", owner, parts.job);
    return fmt::format("agent:{}:cron:{}:run:{}", owner, parts.job, run);
}

}  // namespace nightshift::ingest::openclaw
