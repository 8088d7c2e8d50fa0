#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace nightshift::live {

enum class TopicKind {
    kState,  // keyed items; the newest value of a key counts
    kLog,    // items in order
};

// What a topic of this name holds. kInvalid, naming the known topics, for any other name.
Result<TopicKind> topic_kind(std::string_view name);

// The `topics` parameter as it stands in the raw query: names joined by commas, each percent-encoded; sorted
// and without repeats. A value that was encoded as a whole ("fleet%2Cevents") is understood too. kInvalid: no
// or unknown names; kLimit: more than kSubscriptionsMax.
Result<std::vector<std::string>> parse_topics(std::string_view raw);

// The raw, still encoded value of `name` in a query, or "".
std::string_view raw_query_value(std::string_view query, std::string_view name);

}  // namespace nightshift::live
