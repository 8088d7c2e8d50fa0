#include "ingest/otlp/attributes.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace nightshift::ingest::otlp {

void Attributes::clear() {
    for (const Attribute& attribute : items_) slots_[static_cast<size_t>(attribute.known)] = 0;
    items_.clear();
    rendered_.clear();
}

void Attributes::add(std::string_view key, const Value& value) {
    constexpr size_t kItemsMax = 1024;  // the rest of a record with more is not read
    if (items_.size() >= kItemsMax) return;
    Key known = find_key(key);
    items_.push_back({key, value, known, false});
    uint16_t& slot = slots_[static_cast<size_t>(known)];
    if (known != Key::kUnknown && slot == 0) slot = static_cast<uint16_t>(items_.size());
}

const Value* Attributes::find(Key key) const {
    uint16_t slot = slots_[static_cast<size_t>(key)];
    return slot == 0 ? nullptr : &items_[slot - 1u].value;
}

std::string_view Attributes::text(Key key) const {
    const Value* value = find(key);
    if (value == nullptr) return {};
    return value->type == Value::Type::kString || value->type == Value::Type::kJson ? value->text
                                                                                    : std::string_view();
}

std::optional<uint64_t> Attributes::count(Key key) const {
    constexpr double kMax = 1e15;  // beyond it a count is nonsense, and sums would overflow
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->type == Value::Type::kInt) {
        return static_cast<uint64_t>(std::clamp<int64_t>(value->integer, 0, static_cast<int64_t>(kMax)));
    }
    std::optional<double> parsed = number(key);
    if (!parsed || !std::isfinite(*parsed)) return std::nullopt;
    return static_cast<uint64_t>(std::clamp(*parsed, 0.0, kMax));
}

std::optional<double> Attributes::number(Key key) const {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    switch (value->type) {
        case Value::Type::kInt:
            return static_cast<double>(value->integer);
        case Value::Type::kDouble:
            return value->number;
        case Value::Type::kString:
            return parse_double(value->text);
        default:
            return std::nullopt;
    }
}

std::optional<bool> Attributes::boolean(Key key) const {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->type == Value::Type::kBool) return value->integer != 0;
    if (value->type != Value::Type::kString) return std::nullopt;
    if (equals_ignore_case(value->text, "true")) return true;
    if (equals_ignore_case(value->text, "false")) return false;
    return std::nullopt;
}

void Attributes::drop(Key key) {
    uint16_t slot = slots_[static_cast<size_t>(key)];
    if (slot != 0) items_[slot - 1u].is_taken = true;
}

std::string_view Attributes::take(Key key) {
    std::string_view value = text(key);
    if (!value.empty()) drop(key);
    return value;
}

std::optional<uint64_t> Attributes::take_count(Key key) {
    std::optional<uint64_t> value = count(key);
    if (value) drop(key);
    return value;
}

std::optional<double> Attributes::take_number(Key key) {
    std::optional<double> value = number(key);
    if (value) drop(key);
    return value;
}

std::string_view Attributes::keep(std::string text) {
    return *rendered_.emplace_back(std::make_unique<std::string>(std::move(text)));
}

}  // namespace nightshift::ingest::otlp
