#include "fleet/calls.h"

#include <algorithm>

#include "base/text.h"
#include "fleet/hash.h"
#include "fleet/vocabulary.h"

namespace nightshift::fleet {

namespace {

constexpr size_t kTextBytesMax = 200;
constexpr int64_t kSignalSkew = 20'000;  // two signals of one call differ by a few milliseconds

uint32_t to_ms(int64_t us) {
    return static_cast<uint32_t>(std::clamp<int64_t>(us / 1000, 0, UINT32_MAX));
}

uint64_t key_of(const recorder::Event& event, bool* has_result) {
    *has_result = !event.result_signature.empty() || is_failure(event.status);
    if (event.signature.empty()) return 0;
    uint64_t key = hash_text(event.name);
    key = hash_text(event.signature, key);
    key = hash_text(event.result_signature, key);
    if (is_failure(event.status)) key = hash_text(event.error_type, key ^ 1);
    return key == 0 ? 1 : key;
}

// Waiting is often written in the arguments of a shell; there only the plain words for it count, since `git
// status` or `npm run check` ask nothing that changes by itself.
bool is_waiting_argument(std::string_view text) {
    return is_polling_text(text) &&
           (text.find("sleep") != std::string_view::npos || text.find("wait") != std::string_view::npos ||
            text.find("watch") != std::string_view::npos || text.find("poll") != std::string_view::npos ||
            text.find("until") != std::string_view::npos || text.find("tail") != std::string_view::npos);
}

bool is_polling_name(std::string_view name) {
    return is_polling_text(name) && !equals_ignore_case(name.substr(0, 4), "git_");
}

}  // namespace

std::string call_text(const recorder::Event& event) {
    const std::string call = attribute_text(event, "call");
    return std::string(truncate_utf8(call.empty() ? event.name : std::string_view(call), kTextBytesMax));
}

bool CallHistory::add(const recorder::Event& event, int64_t end_us, const Counters& counters) {
    const int64_t start_us = std::min(event.time_us, end_us);
    Call call;
    call.key = key_of(event, &call.has_result);
    call.start_us = start_us;
    call.tokens_before = counters.tokens;
    call.cost_before_nano_usd = counters.cost_nano_usd;
    call.tool = static_cast<uint32_t>(hash_text(event.name));
    call.duration_ms = to_ms(end_us - start_us);
    call.idle_ms = to_ms(counters.rest_us - rest_us_);
    rest_us_ = counters.rest_us;
    call.is_error = is_failure(event.status);
    if (call.key == 0) {
        push(call);
        return true;
    }
    uint32_t& slot = seen_[call.key % seen_.size()];
    const auto tag = static_cast<uint32_t>(call.key >> 32) | 1u;
    call.is_novel = slot != tag;
    for (size_t i = 0; i < size_ && call.is_novel; ++i) call.is_novel = newest(i).key != call.key;
    slot = tag;
    if (!call.is_novel) {
        if (is_twin(call, end_us)) return false;
        // Reading a call's text takes longer than all else here; twice is no pattern yet.
        if (occurrences(call.key) >= 2) remember_text(call.key, event);
        call.is_polling = is_polling_name(event.name) || is_waiting_argument(text(call.key));
    }
    push(call);
    return true;
}

bool CallHistory::is_twin(const Call& call, int64_t end_us) const {
    for (size_t i = 0; i < size_; ++i) {
        const Call& other = newest(i);
        if (other.key != call.key) continue;
        const int64_t other_end = other.start_us + int64_t{other.duration_ms} * 1000;
        const bool overlaps = call.start_us < other_end && other.start_us < end_us;
        const bool one_is_instant = (call.duration_ms == 0) != (other.duration_ms == 0);
        const bool is_echo = one_is_instant && call.start_us < other_end + kSignalSkew &&
                             other.start_us < end_us + kSignalSkew;
        return overlaps || is_echo || (call.start_us == other.start_us);
    }
    return false;
}

size_t CallHistory::occurrences(uint64_t key) const {
    size_t found = 0;
    for (size_t i = 0; i < size_; ++i) found += newest(i).key == key ? 1 : 0;
    return found;
}

void CallHistory::push(const Call& call) {
    if (calls_.size() < kMax && size_ == calls_.size()) {
        // Grow: bring the ring into order first, so that head_ is the end.
        std::rotate(calls_.begin(),
                    calls_.begin() + static_cast<ptrdiff_t>(calls_.empty() ? 0 : head_ % calls_.size()),
                    calls_.end());
        head_ = calls_.size();
        calls_.resize(std::min(kMax, std::max<size_t>(4, calls_.size() * 2)));
    }
    calls_[head_ % calls_.size()] = call;
    head_ = (head_ + 1) % calls_.size();
    size_ = std::min(size_ + 1, calls_.size());
}

void CallHistory::remember_text(uint64_t key, const recorder::Event& event) {
    for (const Text& known : texts_) {
        if (known.key == key) return;
    }
    if (texts_.size() >= kTextsMax) texts_.erase(texts_.begin());
    texts_.push_back({key, call_text(event)});
}

std::string_view CallHistory::text(uint64_t key) const {
    for (const Text& known : texts_) {
        if (known.key == key) return known.text;
    }
    return {};
}

}  // namespace nightshift::fleet
