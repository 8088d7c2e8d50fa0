#include "jobs/occurrence.h"

#include "base/text.h"
#include "jobs/words.h"

namespace nightshift::jobs {

std::string occurrence_id(const OccurrenceKey& key) {
    return key.job + "@" + words(key.nominal);
}

Result<OccurrenceKey> parse_occurrence_id(std::string_view tenant, std::string_view id) {
    size_t at = id.rfind('@');
    std::optional<Time> nominal;
    if (at != std::string_view::npos && at > 0) nominal = parse_time(id.substr(at + 1));
    if (!nominal)
        return fail(Code::kInvalid, "\"{}\" is no occurrence: it looks like job@2026-11-22T07:00:00Z", id);
    return OccurrenceKey{std::string(tenant), std::string(id.substr(0, at)), *nominal};
}

}  // namespace nightshift::jobs
