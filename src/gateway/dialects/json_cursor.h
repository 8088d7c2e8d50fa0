#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nightshift::gateway {

// Walks over JSON (RFC 8259) once, front to back, and builds nothing: for bodies and frames of which we need
// a few members and the places where they stand. What it walks over is checked, what is skipped too, except
// that text is valid UTF-8.
//
//     JsonCursor cursor(body);
//     if (cursor.enter_object())
//         while (auto key = cursor.next_key())
//             if (*key == "model") model = cursor.text(); else cursor.skip();
//     if (!cursor.finish()) …  // not JSON
//
// After a fault nothing more is found: loops end, and finish() says so. Views point into the input, or into a
// buffer of the cursor (text with escapes) that the next key or text overwrites.
class JsonCursor {
public:
    enum class Kind { kNone, kObject, kArray, kText, kNumber, kTrue, kFalse, kNull };
    static constexpr int kDepthMax = 128;

    explicit JsonCursor(std::string_view json) : json_(json) {}

    // Of the next value, which stays unread. kNone at the end or after a fault.
    Kind kind();

    // Step into the value; false (the value is skipped) when it is of another kind.
    bool enter_object();
    bool enter_array();
    // The key of the next member, unescaped; its value must be read or skipped before the next call. Nothing
    // at the end of the object.
    std::optional<std::string_view> next_key();
    bool next_element();

    // The value when it is of that kind; otherwise nothing, and it is skipped.
    std::optional<std::string_view> text();
    std::optional<int64_t> integer();  // a fraction is cut off; beyond int64 is nothing
    std::optional<double> number();
    std::optional<bool> boolean();
    // The length in bytes of a text as it stands in the input; 0 for other kinds.
    size_t text_size();
    // Passes over the value, whatever it is, and returns it as it stands.
    std::string_view skip();

    // Offset of the next value (or of what follows the blanks).
    size_t offset();
    // Offset right behind what was read last.
    size_t position() const { return at_; }
    bool is_broken() const { return is_broken_; }
    // Whether the input was one value and nothing else.
    bool finish();

private:
    void break_off();
    void skip_blanks();
    bool take(char c);
    bool skip_value(int depth);
    bool skip_members(int depth);
    bool skip_elements(int depth);
    bool skip_number();
    bool skip_word(std::string_view word);
    // Past the closing quote; the text between the quotes and whether it holds escapes.
    bool skip_text(std::string_view& raw, bool& has_escapes);
    std::string_view unescaped(std::string_view raw, bool has_escapes);

    std::string_view json_;
    size_t at_ = 0;
    int depth_ = 0;
    bool is_fresh_ = false;  // just stepped in: no comma before the first
    bool is_broken_ = false;
    std::string buffer_;
};

// Undoes the escapes of a JSON text. A lone surrogate becomes U+FFFD.
std::string unescape_json(std::string_view raw);

}  // namespace nightshift::gateway
