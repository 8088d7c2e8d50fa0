#pragma once

#include <fmt/core.h>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nightshift {

// A text that never changes and belongs to all its copies: as large as a pointer, copied without copying the
// bytes. For what is kept a hundred thousand times. Copies may be on different threads.
class SharedText {
public:
    SharedText() = default;
    SharedText(std::string_view text);
    SharedText(const std::string& text) : SharedText(std::string_view(text)) {}
    SharedText(const char* text) : SharedText(std::string_view(text)) {}
    SharedText(const SharedText& other);
    SharedText(SharedText&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    SharedText& operator=(SharedText other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~SharedText();

    std::string_view view() const;
    operator std::string_view() const { return view(); }
    bool empty() const { return block_ == nullptr; }
    void clear() { *this = SharedText(); }
    size_t size() const { return view().size(); }
    // Nobody else has it: true stays true until this one is copied.
    bool is_alone() const;

    friend bool operator==(const SharedText& a, const SharedText& b) {
        return a.block_ == b.block_ || a.view() == b.view();
    }
    template <std::convertible_to<std::string_view> Text>
    friend bool operator==(const SharedText& a, const Text& b) {
        return a.view() == std::string_view(b);
    }
    friend auto operator<=>(const SharedText& a, const SharedText& b) { return a.view() <=> b.view(); }
    friend std::string operator+(std::string left, const SharedText& right) { return left += right.view(); }
    friend std::string operator+(const SharedText& left, std::string_view right) {
        return std::string(left) += right;
    }

private:
    struct Block;
    Block* block_ = nullptr;  // none for ""
};

}  // namespace nightshift

template <>
struct fmt::formatter<nightshift::SharedText> : fmt::formatter<std::string_view> {
    auto format(const nightshift::SharedText& text, fmt::format_context& context) const {
        return fmt::formatter<std::string_view>::format(text.view(), context);
    }
};
