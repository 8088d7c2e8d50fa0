#include "fleet/vocabulary.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>

namespace nightshift::fleet {

namespace {

char lower(char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool same_word(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == y; });
}

// Calls `visit` with each run of letters and digits, cut also where camelCase starts a new word; stops when
// it says true.
template <class Visit>
bool any_word(std::string_view text, Visit visit) {
    size_t start = 0;
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    for (size_t i = 0; i <= text.size(); ++i) {
        const bool cuts = i == text.size() || !is_word(text[i]) ||
                          (i > start && std::isupper(static_cast<unsigned char>(text[i])) &&
                           std::islower(static_cast<unsigned char>(text[i - 1])));
        if (!cuts) continue;
        if (i > start && visit(text.substr(start, i - start))) return true;
        start = i < text.size() && is_word(text[i]) ? i : i + 1;
    }
    return false;
}

template <size_t N>
bool has_word(std::string_view text, const std::array<std::string_view, N>& words) {
    return any_word(text, [&](std::string_view word) {
        return std::any_of(words.begin(), words.end(),
                           [&](std::string_view known) { return same_word(word, known); });
    });
}

bool contains(std::string_view text, std::string_view part) {
    const auto at = std::search(text.begin(), text.end(), part.begin(), part.end(),
                                [](char a, char b) { return lower(a) == b; });
    return at != text.end();
}

constexpr std::array<std::string_view, 16> kEndWords = {
    "end",    "ended",   "finish", "finished", "close",    "closed",     "stop",     "stopped",
    "delete", "deleted", "exit",   "exited",   "shutdown", "terminated", "complete", "completed"};
constexpr std::array<std::string_view, 8> kStartWords = {"start",   "starts", "started", "create",
                                                         "created", "begin",  "resume",  "resumed"};
constexpr std::array<std::string_view, 5> kWorkingWords = {"working", "running", "active", "busy",
                                                           "processing"};
constexpr std::array<std::string_view, 2> kIdleWords = {"idle", "settled"};
constexpr std::array<std::string_view, 4> kWaitingWords = {"waiting", "approval", "blocked", "permission"};

constexpr std::array<std::string_view, 22> kPollWords = {
    "wait",  "waits",    "waiting", "sleep",  "poll",     "polling", "status",    "check",
    "watch", "progress", "pending", "health", "ping",     "monitor", "heartbeat", "tail",
    "ready", "await",    "until",   "timer",  "schedule", "checks"};

}  // namespace

SessionSign session_sign(std::string_view name, recorder::Status status) {
    if (has_word(name, kEndWords)) return SessionSign::kEnded;
    if (has_word(name, kIdleWords)) return SessionSign::kIdle;
    if (has_word(name, kWaitingWords)) return SessionSign::kWaiting;
    // A session that started is open, whatever its status says; that is not yet work.
    if (has_word(name, kStartWords)) return SessionSign::kStarted;
    if (is_running(status) || has_word(name, kWorkingWords)) return SessionSign::kWorking;
    return SessionSign::kNone;
}

bool is_failure(recorder::Status status) {
    return status == recorder::Status::kError || status == recorder::Status::kTimeout;
}

bool is_rate_limit(std::string_view error_type) {
    constexpr std::array<std::string_view, 9> kParts = {
        "rate_limit", "ratelimit", "rate limit", "overload", "429", "529", "too_many", "quota", "throttl"};
    if (error_type.empty()) return false;
    return std::any_of(kParts.begin(), kParts.end(),
                       [&](std::string_view part) { return contains(error_type, part); }) ||
           contains(error_type, "resource_exhausted");
}

bool is_new_instruction(const recorder::Event& event) {
    if (event.kind != recorder::Kind::kMessage) return false;
    constexpr std::array<std::string_view, 4> kWords = {"user", "prompt", "inbound", "human"};
    return has_word(event.name, kWords);
}

std::string attribute_text(const recorder::Event& event, std::string_view name) {
    if (event.attributes.find(name) == std::string_view::npos) return {};
    boost::system::error_code error;
    const boost::json::value parsed = boost::json::parse(event.attributes, error);
    const boost::json::object* members = error ? nullptr : parsed.if_object();
    const boost::json::value* member = members == nullptr ? nullptr : members->if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

bool is_polling_text(std::string_view call) {
    return has_word(call, kPollWords);
}

}  // namespace nightshift::fleet
