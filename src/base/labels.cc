#include "base/labels.h"

#include <xxhash.h>

#include <algorithm>

#include "base/text.h"

namespace nightshift {
namespace {

constexpr char kBetween = '\x1f';
constexpr char kAfter = '\x1e';

// What separates must not be in what is separated.
void append_clean(std::string& out, std::string_view text, size_t bytes_max) {
    size_t start = out.size();
    out += truncate_utf8(text, bytes_max);
    for (size_t i = start; i < out.size(); ++i) {
        if (out[i] == kBetween || out[i] == kAfter) out[i] = ' ';
    }
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
    std::string packed;
    for (const Pair& each : sorted) {
        if (each.second.empty()) continue;
        append_clean(packed, each.first, kNameBytesMax);
        packed += kBetween;
        append_clean(packed, each.second, kValueBytesMax);
        packed += kAfter;
    }
    text_ = SharedText(packed);
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
    std::string_view rest = text_.view();
    while (!rest.empty()) {
        size_t between = rest.find(kBetween);
        size_t after = rest.find(kAfter);
        all.emplace_back(rest.substr(0, between), rest.substr(between + 1, after - between - 1));
        rest.remove_prefix(after + 1);
    }
    return all;
}

std::string_view Labels::get(std::string_view name) const {
    std::string_view rest = text_.view();
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
    std::string_view text = text_.view();
    return static_cast<size_t>(std::count(text.begin(), text.end(), kAfter));
}

uint64_t Labels::fingerprint() const {
    std::string_view text = text_.view();
    return XXH3_64bits(text.data(), text.size());
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

Labels Labels::unpack(SharedText packed) {
    Labels labels;
    labels.text_ = std::move(packed);
    return labels;
}

}  // namespace nightshift
