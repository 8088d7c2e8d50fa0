#include "live/topic_name.h"

#include <algorithm>

#include "base/text.h"
#include "live/types.h"

namespace nightshift::live {
namespace {

constexpr std::string_view kSessionPrefix = "session:";

Failure unreadable(std::string_view element) {
    return fail(Code::kInvalid, "topic '{}' is not percent-encoded text",
                truncate_utf8(to_valid_utf8(element), 100));
}

// One comma-separated element, which may hold several names when the client encoded the commas as well.
Result<void> add_names(std::string_view element, std::vector<std::string>& names) {
    std::optional<std::string> name = percent_decode(element);
    if (!name) return unreadable(element);
    if (topic_kind(*name) || name->find(',') == std::string::npos) {
        names.push_back(std::move(*name));
        return {};
    }
    for (std::string_view part : split(*name, ',')) {
        std::optional<std::string> inner = percent_decode(part);
        if (!inner) return unreadable(part);
        names.push_back(std::move(*inner));
    }
    return {};
}

}  // namespace

Result<TopicKind> topic_kind(std::string_view name) {
    for (std::string_view known : {"fleet", "jobs", "supervised", "incidents"}) {
        if (name == known) return TopicKind::kState;
    }
    if (name == "events") return TopicKind::kLog;
    bool is_session = name.starts_with(kSessionPrefix) && name.size() > kSessionPrefix.size();
    if (is_session && name.size() <= kTopicNameBytesMax && is_valid_utf8(name)) return TopicKind::kLog;
    return fail(
        Code::kInvalid,
        "there is no topic '{}'; topics are fleet, jobs, supervised, incidents, events and session:<id> (at "
        "most {} bytes)",
        truncate_utf8(to_valid_utf8(name), 100), kTopicNameBytesMax);
}

Result<std::vector<std::string>> parse_topics(std::string_view raw) {
    if (raw.empty()) return fail(Code::kInvalid, "name topics to follow, for example ?topics=fleet,events");
    std::vector<std::string> names;
    for (std::string_view element : split(raw, ',')) {
        if (auto added = add_names(element, names); !added) return Failure(added.error());
        if (names.size() > kSubscriptionsMax) {
            return fail(Code::kLimit, "more than {} topics for one client", kSubscriptionsMax);
        }
    }
    for (const std::string& name : names) {
        if (auto kind = topic_kind(name); !kind) return Failure(kind.error());
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string_view raw_query_value(std::string_view query, std::string_view name) {
    for (std::string_view pair : split(query, '&')) {
        if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name)) {
            return pair.substr(name.size() + 1);
        }
    }
    return {};
}

}  // namespace nightshift::live
