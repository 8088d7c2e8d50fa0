#include <fmt/format.h>

#include <algorithm>

#include "incidents/checks/common.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kName = "resources";
constexpr uint64_t kGigabyte = 1'000'000'000;

// Less than 5 % is too little, less than 10 % is little.
Finding share(uint64_t free, uint64_t total) {
    if (total == 0) return Finding::kUnknown;
    if (free < total / 20) return Finding::kBad;
    return free < total / 10 ? Finding::kSuspicious : Finding::kGood;
}

int percent(uint64_t part, uint64_t total) {
    return total == 0 ? 0 : static_cast<int>(static_cast<double>(part) * 100 / static_cast<double>(total));
}

}  // namespace

Check check_resources(const Facts& facts) {
    constexpr double kLoadHigh = 4;  // waiting threads for each core
    const ResourceFacts* all = known(facts, facts.resources, "resources");
    if (all == nullptr) return not_gathered(kName, "the resources");
    Finding disk = share(all->disk_free_bytes, all->disk_total_bytes);
    // On a large disk a few percent are plenty.
    if (disk == Finding::kSuspicious && all->disk_free_bytes > 50 * kGigabyte) disk = Finding::kGood;
    Finding memory = share(all->memory_available_bytes, all->memory_total_bytes);
    std::string says =
        fmt::format("disk {} % free ({:.1f} GB), memory {} % available, load {:.1f} a core",
                    percent(all->disk_free_bytes, all->disk_total_bytes),
                    static_cast<double>(all->disk_free_bytes) / static_cast<double>(kGigabyte),
                    percent(all->memory_available_bytes, all->memory_total_bytes), all->load_per_core);
    auto is = [&](Finding finding) { return disk == finding || memory == finding; };
    if (is(Finding::kBad)) return found(kName, Finding::kBad, says);
    if (is(Finding::kUnknown))
        return found(kName, Finding::kUnknown, "not all resources could be measured: " + says);
    if (is(Finding::kSuspicious) || all->load_per_core > kLoadHigh)
        return found(kName, Finding::kSuspicious, says);
    return found(kName, Finding::kGood, says);
}

}  // namespace nightshift::incidents
