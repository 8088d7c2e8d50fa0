#include <fmt/format.h>

#include <algorithm>

#include "gateway/call.h"

// A call and its budgets.
namespace nightshift::gateway {
namespace {

constexpr int64_t kOutputEstimate = 4'096;  // of a call that sets no maximum
constexpr int64_t kOutputStep = 1'024;      // what a stream beyond its estimate asks for at a time

// A quarter of the bytes is too few tokens for some languages; what was too much comes back after the call.
int64_t cautious(int64_t input_estimate) {
    return input_estimate + input_estimate / 2 + 16;
}

}  // namespace

int64_t Call::highest_cost(int64_t input, int64_t output) const {
    int64_t highest = 0;
    for (const Target& target : route_->targets) {
        if (target.price.is_known)
            highest = std::max(highest, cost_nano_usd(target.price, {.input = input, .output = output}));
    }
    return highest;
}

Task<std::optional<net::Response>> Call::reserve() {
    if (shard_.limits == nullptr) co_return std::nullopt;
    const Time now = shard_.clock.now();
    auto counters = shard_.limits->find(shard_.limit_cache, caller_, route_->name, now);
    if (!counters) co_return refuse(429, "limit_exceeded", counters.error().message);
    if (counters->empty()) co_return std::nullopt;
    reservation_.counters = std::move(*counters);
    const bool has_output = request_.dialect != Dialect::kEmbeddings;
    reserved_output_ = has_output ? facts_.output_max.value_or(kOutputEstimate) * facts_.choices : 0;
    const int64_t input = cautious(facts_.input_estimate);
    reservation_.amount = {
        .requests = 1, .tokens = input + reserved_output_, .nano_usd = highest_cost(input, reserved_output_)};
    std::optional<Refused> refused = co_await shard_.limits->reserve(reservation_, now);
    if (!refused) co_return std::nullopt;
    co_return over_limit(*refused);
}

std::optional<int64_t> Call::reserve_more(int64_t output_cut) {
    const Amount more{.tokens = kOutputStep, .nano_usd = highest_cost(0, kOutputStep)};
    if (!shard_.limits->extend(reservation_, more)) return std::nullopt;
    return output_cut + kOutputStep;
}

void Call::settle_limits() {
    if (reservation_.counters.empty()) return;
    const Time now = shard_.clock.now();
    shard_.limits->settle(reservation_, used_, [&](const LimitCounter& counter, int percent) {
        shard_.ledger.add_warning(caller_, counter, percent, now);
    });
}

net::Response Call::over_limit(const Refused& refused) {
    ++shard_.stats.refused_by_limits;
    AttemptRecord record;
    record.route = route_->name;
    record.asked_model = facts_.model;
    record.model = facts_.model;
    record.number = 0;
    record.dialect = request_.dialect;
    record.is_stream = facts_.stream;
    record.error_class = ErrorClass::kOwnLimit;
    record.error_code = refused.is_requests ? "rate_limit_exceeded" : "budget_exceeded";
    const std::string span = shard_.new_id("");
    record.span = span;
    record.started = shard_.clock.now();
    shard_.ledger.add(caller_, record);
    net::Response response = refuse(429, record.error_code,
                                    fmt::format("the limit {} of {} for this {} would be exceeded",
                                                refused.limit, refused.subject, to_string(refused.window)));
    response.headers.add("x-should-retry", "false");
    const auto wait = std::chrono::ceil<std::chrono::seconds>(refused.retry_after);
    response.headers.add("Retry-After", fmt::format_int(wait.count()).c_str());
    return response;
}

}  // namespace nightshift::gateway
