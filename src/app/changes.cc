#include "app/changes.h"

namespace nightshift::app {

void Changes::add(Time at, std::string what, std::string who) {
    std::lock_guard lock(mutex_);
    changes_.push_front({at, std::move(what), std::move(who)});
    if (changes_.size() > kChangesMax) changes_.pop_back();
}

std::vector<incidents::ChangeFact> Changes::since(Time after) const {
    std::lock_guard lock(mutex_);
    std::vector<incidents::ChangeFact> all;
    for (const incidents::ChangeFact& each : changes_) {
        if (each.at >= after) all.push_back(each);
    }
    return all;
}

}  // namespace nightshift::app
