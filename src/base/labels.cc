#include "base/labels.h"

#include <xxhash.h>

#include <algorithm>

#include "base/text.h"

namespace nightshift {
namespace {

constexpr char kBetween = '\x1f';
constexpr char kAfter = '\x1e';

// What separates must not be in what is separated.
std::string clean(std::string_view text, size_t bytes_max) {
    std::string out(truncate_utf8(text, bytes_max));
    std::replace(out.begin(), out.end(), kBetween, ' ');
    std::replace(out.begin(), out.end(), kAfter, ' ');
    return out;
}

}  // namespace

Labels::Labels(const std::vector<Pair>& pairs) {
    std::vector<Pair> sorted;
    sorted.reserve(pairs.size());
    for (const Pair& each : pairs) {
        auto place = std::lower_bound(sorted.begin(), sorted.end(), each,
                                      [](const Pair& a, const Pair& b) { return a.first < b.first; });
        if (place != sorted.end() && place->first == each.first) {
            place->second = each.second;
        } else if (!each.first.empty() && sorted.size() < kCountMax) {
            sorted.insert(place, each);
        }
    }
    for (const Pair& each : sorted) {
        if (each.second.empty()) continue;
        text_ += clean(each.first, kNameBytesMax);
        text_ += kBetween;
        text_ += clean(each.second, kValueBytesMax);
        text_ += kAfter;
    }
}

Result<void> Labels::check(const std::vector<Pair>& pairs) {
    if (pairs.size() > kCountMax) return fail(Code::kInvalid, "more than {} labels", kCountMax);
    for (const Pair& each : pairs) {
        if (each.first.empty()) return fail(Code::kInvalid, "a label has no name");
        if (each.first.size() > kNameBytesMax || each.second.size() > kValueBytesMax)
            return fail(Code::kInvalid, "label {:.60} is longer than names ({}) or values ({}) may be",
                        to_valid_utf8(each.first), kNameBytesMax, kValueBytesMax);
        if (!is_valid_utf8(each.first) || !is_valid_utf8(each.second))
            return fail(Code::kInvalid, "label {:.60} is not UTF-8", to_valid_utf8(each.first));
    }
    return {};
}

std::vector<Labels::Pair> Labels::pairs() const {
    std::vector<Pair> all;
    std::string_view rest = text_;
    while (!rest.empty()) {
        size_t between = rest.find(kBetween);
        size_t after = rest.find(kAfter);
        all.emplace_back(rest.substr(0, between), rest.substr(between + 1, after - between - 1));
        rest.remove_prefix(after + 1);
    }
    return all;
}

std::string_view Labels::get(std::string_view name) const {
    std::string_view rest = text_;
    while (!rest.empty()) {
        size_t between = rest.find(kBetween);
        size_t after = rest.find(kAfter);
        if (rest.substr(0, between) == name) return rest.substr(between + 1, after - between - 1);
        rest.remove_prefix(after + 1);
    }
    return {};
}

void Labels::set(std::string_view name, std::string_view value) {
    std::vector<Pair> all = pairs();
    std::erase_if(all, [&](const Pair& each) { return each.first == name; });
    all.emplace_back(name, value);
    *this = Labels(all);
}

Labels Labels::with(const Labels& other) const {
    std::vector<Pair> all = pairs();
    for (const Pair& each : other.pairs()) all.push_back(each);
    return Labels(all);
}

Labels Labels::only(const std::vector<std::string>& names) const {
    std::vector<Pair> some;
    for (const Pair& each : pairs()) {
        if (std::find(names.begin(), names.end(), each.first) != names.end()) some.push_back(each);
    }
    return Labels(some);
}

size_t Labels::size() const {
    return static_cast<size_t>(std::count(text_.begin(), text_.end(), kAfter));
}

uint64_t Labels::fingerprint() const {
    return XXH3_64bits(text_.data(), text_.size());
}

std::string Labels::text() const {
    std::string out = "{";
    for (const Pair& each : pairs()) {
        if (out.size() > 1) out += ", ";
        out += each.first;
        out += '=';
        append_json_string(out, each.second);
    }
    out += '}';
    return out;
}

Labels Labels::unpack(std::string packed) {
    Labels labels;
    labels.text_ = std::move(packed);
    return labels;
}

}  // namespace nightshift
