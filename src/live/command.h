#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace nightshift::live {

// What a WebSocket client says: {"subscribe":["session:abc"],"unsubscribe":["events"]}, either or both.
struct Command {
    std::vector<std::string> subscribe;
    std::vector<std::string> unsubscribe;
};

// kInvalid with what is wrong and where; kLimit for more than kSubscriptionsMax names.
Result<Command> parse_command(std::string_view json);

}  // namespace nightshift::live
