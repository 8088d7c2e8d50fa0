#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "incidents/facts.h"

namespace nightshift::app {

// What was changed lately, so that a diagnosis can name it. Any thread.
class Changes {
public:
    void add(Time at, std::string what, std::string who);
    // Newest first, since `after`.
    std::vector<incidents::ChangeFact> since(Time after) const;

private:
    static constexpr size_t kChangesMax = 200;  // the oldest gives way
    mutable std::mutex mutex_;
    std::deque<incidents::ChangeFact> changes_;
};

}  // namespace nightshift::app
