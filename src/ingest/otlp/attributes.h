#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/otlp/keys.h"

namespace nightshift::ingest::otlp {

// An attribute's value. Arrays and maps are already plain JSON in `text`.
struct Value {
    enum class Type : uint8_t { kNone, kString, kBool, kInt, kDouble, kBytes, kJson };

    Type type = Type::kNone;
    std::string_view text;  // kString, kBytes, kJson
    int64_t integer = 0;    // kInt, kBool
    double number = 0;      // kDouble
};

struct Attribute {
    std::string_view key;
    Value value;
    Key known = Key::kUnknown;
    bool is_taken = false;  // it went into a column: not repeated in the event's attributes
};

// The attributes of one record in their order, with a slot for each key that a dialect may ask for. Reused
// from record to record: clear() keeps the memory. The first of two equal keys wins.
class Attributes {
public:
    void clear();
    void add(std::string_view key, const Value& value);

    const Value* find(Key key) const;
    bool has(Key key) const { return slots_[static_cast<size_t>(key)] != 0; }

    // The text of a string attribute, or "".
    std::string_view text(Key key) const;
    // A number, also when it is written as text ("1200"); nothing for anything else. Negative counts are 0.
    std::optional<uint64_t> count(Key key) const;
    std::optional<double> number(Key key) const;
    std::optional<bool> boolean(Key key) const;

    // The same, and the attribute does not appear in the event's attributes again.
    std::string_view take(Key key);
    std::optional<uint64_t> take_count(Key key);
    std::optional<double> take_number(Key key);
    void drop(Key key);

    std::vector<Attribute>& items() { return items_; }
    const std::vector<Attribute>& items() const { return items_; }

    // Memory for nested values that had to be rendered; lives until clear().
    std::string_view keep(std::string text);

private:
    std::vector<Attribute> items_;
    std::array<uint16_t, kKeys> slots_{};  // index in items_ plus one
    std::vector<std::unique_ptr<std::string>> rendered_;
};

}  // namespace nightshift::ingest::otlp
