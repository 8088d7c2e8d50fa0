#include "recorder/row_block.h"

#include <algorithm>

namespace nightshift::recorder {

void RowBlock::reserve() {
    for (auto& column : numbers_) column.reserve(kRowsMax);
    for (auto& column : codes_) column.reserve(kRowsMax);
    attribute_ends_.reserve(kRowsMax);
}

size_t RowBlock::append(const Event& event, uint64_t row, bool is_derived) {
    size_t bytes = kNumberColumns * 8 + kTextColumns * 2 + 4 + event.attributes.size();
    auto numbers = numbers_of(event, row);
    for (size_t i = 0; i < kNumberColumns; ++i) numbers_[i].push_back(numbers[i]);
    for (size_t i = 0; i < kTextColumns; ++i) {
        auto column = static_cast<Text>(i);
        std::string_view text = event.*kTextMembers[i];
        TextDictionary& dictionary = dictionaries_[i];
        std::vector<uint16_t>& codes = codes_[i];
        uint32_t code = 0;
        if (text.empty() || (is_derived && column == Text::kId)) {
            code = 0;
        } else if (!codes.empty() && dictionary.at(codes.back()) == text) {
            code = codes.back();  // neighbours are often alike
        } else {
            uint32_t size_before = dictionary.size();
            code = is_unique(column) ? dictionary.append(text) : dictionary.intern(text);
            if (dictionary.size() != size_before) bytes += text.size() + 24;
        }
        codes.push_back(static_cast<uint16_t>(code));
    }
    attributes_.append(event.attributes);
    attribute_ends_.push_back(static_cast<uint32_t>(attributes_.size()));
    time_min_ = std::min(time_min_, event.time_us);
    time_max_ = std::max(time_max_, event.time_us);
    return bytes;
}

std::pair<int64_t, int64_t> MemoryBlock::range(Number column) const {
    if (column == Number::kTime) return {rows_->time_min(), rows_->time_max()};
    return {INT64_MIN, INT64_MAX};
}

}  // namespace nightshift::recorder
