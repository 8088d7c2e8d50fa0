#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/shared_text.h"

namespace nightshift {

// Names and values that tell one thing from another: a set, sorted by name, as in Prometheus. An empty value
// is the same as no label. Kept in one piece of memory that all copies share, because there may be very many.
class Labels {
public:
    using Pair = std::pair<std::string_view, std::string_view>;

    static constexpr size_t kCountMax = 64;
    static constexpr size_t kNameBytesMax = 200;
    static constexpr size_t kValueBytesMax = 8'192;

    Labels() = default;
    Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}
    // Of a name given twice the last value counts. Too long names and values are cut, too many dropped: for
    // what we make ourselves; check() first what others send.
    explicit Labels(const std::vector<Pair>& pairs);

    // kInvalid for what Labels would have to cut, and for names and values that are not UTF-8.
    static Result<void> check(const std::vector<Pair>& pairs);

    // "" when there is none.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const { return !get(name).empty(); }
    void set(std::string_view name, std::string_view value);
    // Those of `other` over these.
    Labels with(const Labels& other) const;
    // Only the named ones; those that are not there are left out.
    Labels only(const std::vector<std::string>& names) const;

    std::vector<Pair> pairs() const;
    bool empty() const { return text_.empty(); }
    size_t size() const;

    // The same for the same set, in every run.
    uint64_t fingerprint() const;
    // `{agent="builder", session="s1"}`, for people.
    std::string text() const;
    // The whole set as a string: a key. unpack() is its inverse for strings that packed() made.
    const SharedText& packed() const { return text_; }
    static Labels unpack(SharedText packed);

    friend bool operator==(const Labels&, const Labels&) = default;
    friend auto operator<=>(const Labels&, const Labels&) = default;

private:
    SharedText text_;  // name, 0x1F, value, 0x1E, for each
};

}  // namespace nightshift
