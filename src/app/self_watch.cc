#include "app/self_watch.h"

#include <algorithm>

#include "base/process_stats.h"

namespace nightshift::app {
namespace {

constexpr uint64_t kDiskFreeBytesMin = 256u << 20;
constexpr std::string_view kRoutePart = "route ";
// Attention belongs to a tenant; the machine's own troubles are shown to the first one.
constexpr std::string_view kOwnTenant = "default";

}  // namespace

std::vector<api::Failing> judge_self(const recorder::Stats& recorder, uint64_t disk_free_bytes) {
    std::vector<api::Failing> failing;
    if (recorder.is_failing) {
        failing.push_back({"recorder", "nothing can be recorded: " + recorder.failure, 0, true});
    }
    if (disk_free_bytes < kDiskFreeBytesMin) {
        failing.push_back(
            {"disk",
             fmt::format("{} MB are free; make room or lower recorder.retain_size", disk_free_bytes >> 20), 0,
             false});
    }
    if (!recorder.set_aside.empty()) {
        failing.push_back({"segments",
                           fmt::format("{} damaged segment(s) were set aside, the last: {}",
                                       recorder.set_aside.size(), recorder.set_aside.back()),
                           0, false});
    }
    return failing;
}

void SelfWatch::look() {
    DiskStats disk = read_disk_stats(data_);
    // Zeros say that it cannot be asked.
    if (disk.total_bytes > 0) reserve_.look(disk.free_bytes);
    std::vector<api::Failing> now = judge_self(recorder_.stats(), disk.free_bytes);
    for (api::Failing& each : others_()) now.push_back(std::move(each));
    std::lock_guard lock(mutex_);
    for (api::Failing& each : now) {
        auto before = std::find_if(failing_.begin(), failing_.end(),
                                   [&](const api::Failing& old) { return old.part == each.part; });
        each.since_ms = before != failing_.end() ? before->since_ms : unix_ms(clock_.now());
        fleet::Attention attention;
        attention.id = "self/" + each.part;
        attention.severity = each.blocks_us ? fleet::Severity::kCritical : fleet::Severity::kWarning;
        attention.kind = each.part.starts_with(kRoutePart) ? "route_down" : "recorder";
        attention.title = each.message;
        attention.since_us = each.since_ms * 1000;
        fleet_.set_condition(std::string(kOwnTenant), std::move(attention));
    }
    for (const api::Failing& old : failing_) {
        bool still = std::any_of(now.begin(), now.end(),
                                 [&](const api::Failing& each) { return each.part == old.part; });
        if (!still) fleet_.clear_condition(std::string(kOwnTenant), "self/" + old.part);
    }
    failing_ = std::move(now);
}

std::vector<api::Failing> SelfWatch::failing() const {
    std::lock_guard lock(mutex_);
    return failing_;
}

}  // namespace nightshift::app
