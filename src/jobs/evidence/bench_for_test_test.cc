#include "jobs/evidence/bench_for_test.h"

#include <boost/json.hpp>

namespace nightshift::jobs::evidence::testing {
namespace {

Result<std::shared_ptr<const EvidenceSource>> parse(std::string_view entry) {
    boost::json::value parsed = boost::json::parse(boost::json::string_view(entry.data(), entry.size()));
    return parse_source(parsed.as_object());
}

}  // namespace

std::shared_ptr<const EvidenceSource> Bench::source(std::string_view entry) {
    auto source = parse(entry);
    if (!source) throw std::runtime_error(source.error().message);
    return *source;
}

std::string Bench::error_of(std::string_view entry) {
    auto source = parse(entry);
    return source ? "" : source.error().message;
}

}  // namespace nightshift::jobs::evidence::testing
