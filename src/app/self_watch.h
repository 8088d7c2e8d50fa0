#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "api/system.h"
#include "app/disk_reserve.h"
#include "base/clock.h"
#include "fleet/service.h"
#include "recorder/recorder.h"

namespace nightshift::app {

// Watches our own parts, so that a Nightshift that cannot do its work says so on the same list as a failing
// agent. look() runs on one loop, every few seconds; failing() may be called from any thread. Everything must
// outlive it.
class SelfWatch {
public:
    // `others` tells what else fails of ours; since_ms may be left open.
    using Others = std::function<std::vector<api::Failing>()>;
    SelfWatch(const recorder::Recorder& recorder, fleet::Service& fleet, std::filesystem::path data,
              const Clock& clock, Others others)
        : recorder_(recorder),
          fleet_(fleet),
          data_(std::move(data)),
          reserve_(data_ / "reserve"),
          clock_(clock),
          others_(std::move(others)) {}

    void look();
    std::vector<api::Failing> failing() const;

private:
    const recorder::Recorder& recorder_;
    fleet::Service& fleet_;
    std::filesystem::path data_;
    DiskReserve reserve_;
    const Clock& clock_;
    const Others others_;
    mutable std::mutex mutex_;
    std::vector<api::Failing> failing_;  // under mutex_
};

// What fails by these numbers; since_ms is left open. Pure.
std::vector<api::Failing> judge_self(const recorder::Stats& recorder, uint64_t disk_free_bytes);

}  // namespace nightshift::app
