// What live clients say: a command that is taken says the same when written again, and keeps the limits.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/text.h"
#include "live/command.h"
#include "live/topic_name.h"
#include "live/types.h"

namespace {

using namespace nightshift;
using namespace nightshift::live;

void append_names(std::string& json, std::string_view member, const std::vector<std::string>& names) {
    NS_ASSERT(names.size() <= kSubscriptionsMax);
    append_json_string(json, member);
    json += ":[";
    for (const std::string& name : names) {
        NS_ASSERT(is_valid_utf8(name));
        auto kind = topic_kind(name);
        NS_ASSERT(!kind || name.size() <= kTopicNameBytesMax);
        if (&name != &names.front()) json += ',';
        append_json_string(json, name);
    }
    json += ']';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto command = parse_command(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!command) {
        NS_ASSERT(!command.error().message.empty());
        return 0;
    }
    NS_ASSERT(size <= kCommandBytesMax);
    std::string json = "{";
    append_names(json, "subscribe", command->subscribe);
    json += ',';
    append_names(json, "unsubscribe", command->unsubscribe);
    json += '}';
    if (json.size() > kCommandBytesMax) return 0;
    auto again = parse_command(json);
    NS_ASSERT(again.has_value());
    NS_ASSERT(again->subscribe == command->subscribe && again->unsubscribe == command->unsubscribe);
    return 0;
}
