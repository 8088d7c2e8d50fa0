#include "recorder/block.h"

namespace nightshift::recorder {

Event event_of(const Block& block, uint32_t row, std::string_view tenant) {
    Event event;
    std::array<int64_t, kNumberColumns> numbers{};
    for (size_t i = 0; i < kNumberColumns; ++i) numbers[i] = block.numbers(static_cast<Number>(i))[row];
    set_numbers(event, numbers);
    event.tenant = tenant;
    for (size_t i = 0; i < kTextColumns; ++i)
        event.*kTextMembers[i] = block.texts(static_cast<Text>(i)).at(row);
    event.attributes = block.attributes(row);
    return event;
}

}  // namespace nightshift::recorder
