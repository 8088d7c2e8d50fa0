#pragma once

#include <string>

#include "fleet/state.h"
#include "fleet/view.h"
#include "live/hub.h"

namespace nightshift::fleet {

// Renders what changed, once, for the hub's topic "fleet" and for the shelf that REST reads. One thread.
class Publisher {
public:
    Publisher(live::Hub& hub, Shelf& shelf) : hub_(hub), shelf_(shelf) {}

    // Returns how many items were published.
    size_t publish(const Fleet& fleet, const Changes& changes, int64_t now_us);

private:
    void put(std::string_view tenant, std::string_view key, std::string_view member, std::string_view json);
    void put_session(const Fleet& fleet, Slot slot, int64_t now_us);
    void put_agent(const Fleet& fleet, Slot slot, int64_t now_us);

    live::Hub& hub_;
    Shelf& shelf_;
};

}  // namespace nightshift::fleet
