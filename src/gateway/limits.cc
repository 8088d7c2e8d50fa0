#include "gateway/limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "gateway/limit_window.h"

namespace nightshift::gateway {
namespace {

constexpr size_t kCacheMax = 50'000;  // counters a loop remembers

// Nothing, when the limit does not concern the caller.
std::optional<std::string> subject_of(const LimitSpec& spec, const Caller& caller) {
    const std::string* name = &caller.tenant;
    if (spec.scope == LimitScope::kTeam) name = &caller.team;
    if (spec.scope == LimitScope::kAgent) name = &caller.agent;
    if (spec.scope == LimitScope::kSession) name = &caller.session;
    if (name->empty() || (spec.match != "*" && spec.match != *name)) return std::nullopt;
    // Names below a tenant are its own.
    return spec.scope == LimitScope::kTenant ? *name : caller.tenant + "/" + *name;
}

std::string stored_key(std::string_view limit, std::string_view subject, Time start) {
    return fmt::format("{}\n{}\n{}", limit, subject, unix_us(start));
}

StoredUse use_of(const LimitCounter& counter, const Amount& amount) {
    return {counter.spec().name, counter.subject(), counter.start(), amount};
}

}  // namespace

Result<std::unique_ptr<Limits>> Limits::open(std::vector<LimitSpec> specs, store::Writer& writer, Time now) {
    std::unique_ptr<Limits> limits(new Limits(std::move(specs), writer));
    std::vector<StoredUse> uses;
    auto loaded = writer.commit_blocking([&](store::Database& db) -> Result<void> {
        NS_TRY(uses, load_uses(db, now));
        return {};
    });
    if (!loaded) return Failure(loaded.error());
    for (const StoredUse& use : uses)
        limits->stored_[stored_key(use.limit, use.subject, use.start)] = use.used;
    return limits;
}

void Limits::drop_ended(Time now) {
    std::erase_if(counters_, [now](const auto& each) { return each.second->end() <= now; });
}

Limits::Limits(std::vector<LimitSpec> specs, store::Writer& writer)
    : writer_(writer), specs_(&generations_.emplace_back(std::move(specs))) {}

void Limits::reload(std::vector<LimitSpec> specs) {
    std::lock_guard lock(mutex_);
    const std::vector<LimitSpec>& now = generations_.emplace_back(std::move(specs));
    std::erase_if(counters_, [&](const auto& each) {
        const LimitSpec& old = each.second->spec();
        const auto same = std::find_if(now.begin(), now.end(), [&](const LimitSpec& spec) {
            return spec.name == old.name && spec.scope == old.scope && spec.window == old.window;
        });
        if (same != now.end()) {
            each.second->change(*same);
            return false;
        }
        // It may come back within its window.
        stored_[stored_key(old.name, each.second->subject(), each.second->start())] = each.second->used();
        return true;
    });
    specs_.store(&now, std::memory_order_release);
}

Result<CounterPtr> Limits::counter(const LimitSpec& spec, const std::string& key, const std::string& subject,
                                   Time now) {
    std::lock_guard lock(mutex_);
    CounterPtr& known = counters_[key];
    if (known != nullptr && known->end() > now) return known;
    const bool is_new = known == nullptr;
    if (is_new && counters_.size() > kCountersMax) {
        counters_.erase(key);
        drop_ended(now);
        if (counters_.size() >= kCountersMax)
            return fail(Code::kLimit, "more than {} budgets are in use; nobody new can be counted",
                        kCountersMax);
    }
    const WindowBounds bounds = window_around(spec.window, now);
    Amount used;
    auto stored = stored_.find(stored_key(spec.name, subject, bounds.start));
    if (stored != stored_.end()) used = stored->second;
    auto made = std::make_shared<LimitCounter>(spec, subject, bounds.start, bounds.end, used);
    counters_[key] = made;
    return made;
}

Result<std::vector<CounterPtr>> Limits::find(LimitCache& cache, const Caller& caller, std::string_view route,
                                             Time now) {
    std::vector<CounterPtr> found;
    for (const LimitSpec& spec : *specs_.load(std::memory_order_acquire)) {
        if (spec.model != "*" && spec.model != route) continue;
        auto subject = subject_of(spec, caller);
        if (!subject) continue;
        std::string key = *subject;
        key += '\n';
        key += spec.name;
        auto cached = cache.find(key);
        if (cached != cache.end() && cached->second->end() > now) {
            found.push_back(cached->second);
            continue;
        }
        NS_TRY(CounterPtr made, counter(spec, key, *subject, now));
        if (cache.size() >= kCacheMax) cache.clear();
        cache[std::move(key)] = made;
        found.push_back(std::move(made));
    }
    return found;
}

std::optional<Refused> Limits::try_reserve(Reservation& reservation, Time now,
                                           std::vector<CounterPtr>& uncovered) {
    for (size_t i = 0; i < reservation.counters.size(); ++i) {
        LimitCounter& counter = *reservation.counters[i];
        const LimitCounter::Answer answer = counter.reserve(reservation.amount);
        if (answer == LimitCounter::Answer::kNeedsCover) uncovered.push_back(reservation.counters[i]);
        if (answer != LimitCounter::Answer::kNo) continue;
        for (size_t undo = 0; undo < i; ++undo) reservation.counters[undo]->release(reservation.amount);
        const Amount used = counter.used();
        const LimitSpec& spec = counter.spec();
        return Refused{
            .limit = spec.name,
            .subject = counter.subject(),
            .window = spec.window,
            .is_requests = spec.requests > 0 && used.requests + reservation.amount.requests > spec.requests,
            .retry_after = std::chrono::ceil<milliseconds>(counter.end() - now)};
    }
    return std::nullopt;
}

// Written by whoever comes first near the end of a block; the others go on.
void Limits::cover_ahead(const CounterPtr& counter) {
    if (!counter->wants_cover()) return;
    const Amount cover = counter->cover();
    // By value: the writer may come to it after the limits are gone.
    auto change = [use = use_of(*counter, cover), end = counter->end()](store::Database& db) {
        return save_use(db, use, end, false);
    };
    auto done = [counter, cover](const Result<void>& written) {
        counter->on_covered(written ? cover : Amount{});
        if (!written) log::warn("gateway", "cannot write a budget ahead: {}", written.error().message);
    };
    writer_.post(std::move(change), std::move(done));
}

Task<std::optional<Refused>> Limits::reserve(Reservation& reservation, Time now) {
    std::vector<CounterPtr> uncovered;
    std::optional<Refused> refused = try_reserve(reservation, now, uncovered);
    if (refused) {
        reservation.counters.clear();
        co_return refused;
    }
    for (const CounterPtr& counter : uncovered) {
        const Amount cover = counter->cover();
        store::Writer::Change change = [use = use_of(*counter, cover), end = counter->end()](
                                           store::Database& db) { return save_use(db, use, end, false); };
        Result<void> written = co_await writer_.commit(std::move(change));
        if (written) {
            counter->on_covered(cover);
        } else {
            // The call goes on: a full disk must not stop the agents, and the count in memory holds.
            log::warn("gateway", "a budget is not durable: {}", written.error().message);
        }
    }
    for (const CounterPtr& counter : reservation.counters) cover_ahead(counter);
    co_return std::nullopt;
}

bool Limits::extend(Reservation& reservation, const Amount& more) {
    for (size_t i = 0; i < reservation.counters.size(); ++i) {
        if (reservation.counters[i]->reserve(more) != LimitCounter::Answer::kNo) continue;
        for (size_t undo = 0; undo < i; ++undo) reservation.counters[undo]->release(more);
        return false;
    }
    reservation.amount.requests += more.requests;
    reservation.amount.tokens += more.tokens;
    reservation.amount.nano_usd += more.nano_usd;
    for (const CounterPtr& counter : reservation.counters) cover_ahead(counter);
    return true;
}

void Limits::settle(Reservation& reservation, const Amount& actual, const Warn& warn) {
    for (const CounterPtr& counter : reservation.counters) {
        if (auto crossed = counter->settle(reservation.amount, actual)) warn(*counter, *crossed);
    }
    reservation.counters.clear();
}

std::vector<CounterPtr> Limits::fullest(Time now, size_t count) const {
    std::vector<std::pair<double, CounterPtr>> all;  // with the share as it is now: it moves while we sort
    {
        std::lock_guard lock(mutex_);
        for (const auto& [key, counter] : counters_) {
            if (counter->end() > now) all.emplace_back(counter->share(), counter);
        }
    }
    const size_t wanted = std::min(count, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted), all.end(),
                      [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<CounterPtr> fullest;
    for (size_t i = 0; i < wanted; ++i) fullest.push_back(std::move(all[i].second));
    return fullest;
}

void Limits::close() {
    std::vector<CounterPtr> all;
    {
        std::lock_guard lock(mutex_);
        for (const auto& [key, counter] : counters_) all.push_back(counter);
    }
    auto written = writer_.commit_blocking([&](store::Database& db) -> Result<void> {
        for (const CounterPtr& counter : all) {
            auto saved = save_use(db, use_of(*counter, counter->used()), counter->end(), true);
            if (!saved) return saved;
        }
        return {};
    });
    if (!written) log::error("gateway", "the budgets' use could not be written: {}", written.error().message);
}

}  // namespace nightshift::gateway
