#include "jobs/evidence/source.h"

#include <boost/json.hpp>

#include "jobs/evidence/keys.h"
#include "jobs/evidence/kinds.h"

namespace nightshift::jobs {
namespace {

using Parse = Result<std::shared_ptr<const EvidenceSource>> (*)(const boost::json::value&);

struct Kind {
    std::string_view name;
    Parse parse;
};

// A new source is one file here in evidence/ and one line in this table.
constexpr Kind kKinds[] = {
    {"exit_code", evidence::parse_exit_code},
    {"duration", evidence::parse_duration_source},
    {"output", evidence::parse_output},
    {"file", evidence::parse_file},
    {"http", evidence::parse_http},
    {"sql", evidence::parse_sql},
    {"git", evidence::parse_git},
    {"delivery", evidence::parse_delivery},
    {"tokens", evidence::parse_tokens},
    {"artefacts", evidence::parse_artefacts},
    {"event", evidence::parse_event},
    {"command", evidence::parse_command},
};

const Kind* find_kind(std::string_view name) {
    for (const Kind& kind : kKinds) {
        if (kind.name == name) return &kind;
    }
    return nullptr;
}

}  // namespace

Task<std::string> EvidenceSource::baseline(const Work&, const Instruments&) const {
    co_return std::string();
}

Result<std::shared_ptr<const EvidenceSource>> parse_source(const boost::json::object& entry) {
    std::vector<std::string_view> names;
    for (const Kind& kind : kKinds) names.push_back(kind.name);
    const Kind* found = nullptr;
    const boost::json::value* settings = nullptr;
    for (const auto& member : entry) {
        std::string_view key = member.key();
        const Kind* kind = find_kind(key);
        if (!kind) return evidence::unknown_key("an expectation", key, names);
        if (found)
            return fail(Code::kInvalid,
                        "an expectation has one source, not both {} and {}; write two, or any_of",
                        found->name, kind->name);
        found = kind;
        settings = &member.value();
    }
    if (!found)
        return fail(Code::kInvalid, "an expectation needs a source, one of: {}", evidence::joined(names));
    return found->parse(*settings);
}

}  // namespace nightshift::jobs
