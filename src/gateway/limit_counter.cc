#include "gateway/limit_counter.h"

#include <algorithm>

namespace nightshift::gateway {
namespace {

// Not relaxed: a refusal in one thread may rest on a release in another.
constexpr auto kOrder = std::memory_order_acq_rel;

}  // namespace

LimitCounter::Units LimitCounter::units_of(const Amount& amount) {
    return {amount.requests, amount.tokens, amount.nano_usd};
}
Amount LimitCounter::amount_of(const Units& units) {
    return {units[0], units[1], units[2]};
}

LimitCounter::Units LimitCounter::ceilings() const {
    const LimitSpec& now = spec();
    return units_of({now.requests, now.tokens, now.micro_usd * 1'000});
}

LimitCounter::LimitCounter(const LimitSpec& spec, std::string subject, Time start, Time end,
                           const Amount& used)
    : spec_(&spec), subject_(std::move(subject)), start_(start), end_(end) {
    const Units units = units_of(used);
    for (size_t i = 0; i < kUnits; ++i) {
        used_[i] = units[i];
        covered_[i] = units[i];
    }
}

LimitCounter::Answer LimitCounter::reserve(const Amount& amount) {
    const Units wanted = units_of(amount);
    const Units most = ceilings();
    bool is_covered = true;
    for (size_t i = 0; i < kUnits; ++i) {
        const int64_t after = used_[i].fetch_add(wanted[i], kOrder) + wanted[i];
        const bool is_over = most[i] > 0 && after > most[i];
        if (is_over) {
            for (size_t undo = 0; undo <= i; ++undo) used_[undo].fetch_sub(wanted[undo], kOrder);
            return Answer::kNo;
        }
        const bool has_ceiling = most[i] > 0;
        is_covered = is_covered && (!has_ceiling || after <= covered_[i].load(std::memory_order_acquire));
    }
    return is_covered ? Answer::kYes : Answer::kNeedsCover;
}

void LimitCounter::release(const Amount& amount) {
    const Units units = units_of(amount);
    for (size_t i = 0; i < kUnits; ++i) used_[i].fetch_sub(units[i], kOrder);
}

double LimitCounter::share_of(const Units& units) const {
    const Units most = ceilings();
    double share = 0;
    for (size_t i = 0; i < kUnits; ++i) {
        if (most[i] > 0)
            share = std::max(share, static_cast<double>(units[i]) / static_cast<double>(most[i]));
    }
    return share;
}

double LimitCounter::share() const {
    return share_of(units_of(used()));
}

int LimitCounter::crossed() const {
    const int percent = static_cast<int>(std::min(share() * 100, 1e6));
    int highest = 0;
    for (int threshold : spec().warn_at) {
        if (percent >= threshold) highest = threshold;
    }
    return highest;
}

void LimitCounter::change(const LimitSpec& spec) {
    spec_.store(&spec, std::memory_order_release);
    warned_.store(crossed(), std::memory_order_relaxed);
}

std::optional<int> LimitCounter::settle(const Amount& reserved, const Amount& actual) {
    const Units before = units_of(reserved);
    const Units after = units_of(actual);
    for (size_t i = 0; i < kUnits; ++i) used_[i].fetch_add(after[i] - before[i], kOrder);
    const int crossed = this->crossed();
    int warned = warned_.load(std::memory_order_relaxed);
    while (crossed > warned) {
        if (warned_.compare_exchange_weak(warned, crossed, std::memory_order_relaxed)) return crossed;
    }
    return std::nullopt;
}

Amount LimitCounter::cover() const {
    const Units most = ceilings();
    Units units = units_of(used());
    for (size_t i = 0; i < kUnits; ++i) {
        units[i] = std::max<int64_t>(units[i], 0);
        if (most[i] > 0) units[i] = std::max(units[i], std::min(most[i], units[i] + most[i] / kBlocks + 1));
    }
    return amount_of(units);
}

void LimitCounter::on_covered(const Amount& covered) {
    const Units units = units_of(covered);
    for (size_t i = 0; i < kUnits; ++i) {
        int64_t before = covered_[i].load(std::memory_order_relaxed);
        while (before < units[i] && !covered_[i].compare_exchange_weak(before, units[i], kOrder)) {
        }
    }
    is_covering_.store(false, std::memory_order_release);
}

bool LimitCounter::wants_cover() {
    const Units most = ceilings();
    bool is_thin = false;
    for (size_t i = 0; i < kUnits; ++i) {
        if (most[i] == 0) continue;
        const int64_t covered = covered_[i].load(std::memory_order_relaxed);
        const int64_t left = covered - used_[i].load(std::memory_order_relaxed);
        is_thin = is_thin || (covered < most[i] && left < most[i] / kBlocks / 2);
    }
    return is_thin && !is_covering_.exchange(true, kOrder);
}

Amount LimitCounter::used() const {
    Units units{};
    for (size_t i = 0; i < kUnits; ++i) units[i] = used_[i].load(std::memory_order_acquire);
    return amount_of(units);
}

}  // namespace nightshift::gateway
