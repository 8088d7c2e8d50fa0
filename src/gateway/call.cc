#include "gateway/call.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateway/dialects/render.h"

namespace nightshift::gateway {
namespace {

using std::chrono::steady_clock;

std::chrono::microseconds to_us(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time);
}

}  // namespace

Call::Call(Shard& shard, CallRequest request)
    : shard_(shard),
      plan_(shard.plan),
      upstreams_(shard.upstreams),
      request_(std::move(request)),
      started_(steady_clock::now()) {}

// A stream that was never asked for: its client left before the head was sent.
Call::~Call() {
    if (attempt_ != nullptr) settle(ErrorClass::kClientGone);
    settle_limits();
}

// Reads the request and finds the way it may go; an answer when it may not.
std::optional<net::Response> Call::prepare() {
    ++shard_.stats.calls;
    auto facts = read_request(request_.dialect, request_.http.body);
    RequestFacts nothing;
    caller_ = identify(request_.http.headers, facts ? *facts : nothing, request_.tenant, request_.token_name,
                       plan_->settings.teams, shard_.new_id("req_"));
    if (!facts) return refuse(400, "invalid_request", facts.error().message);
    facts_ = std::move(*facts);
    route_ = plan_->settings.find_route(facts_.model);
    if (route_ == nullptr) {
        return refuse(404, "model_not_found",
                      fmt::format("there is no route for the model {:.200}; GET /v1/models lists them",
                                  to_valid_utf8(facts_.model)));
    }
    CallNeeds needs{.input_estimate = facts_.input_estimate,
                    .output_max = facts_.output_max.value_or(0),
                    .is_stream = facts_.stream,
                    .is_pinned = !facts_.previous_response_id.empty(),
                    .must_keep_model = request_.dialect == Dialect::kEmbeddings,
                    .can_serve = 0,
                    .model = facts_.model};
    for (size_t i = 0; i < route_->targets.size(); ++i) {
        const ProviderKind kind = plan_->settings.providers[route_->targets[i].provider].kind;
        if (upstream_dialect(kind, request_.dialect)) needs.can_serve |= static_cast<uint16_t>(1u << i);
    }
    if (needs.can_serve == 0) {
        return refuse(
            400, "unsupported",
            fmt::format("no target of the route {} serves {}", route_->name, to_string(request_.dialect)));
    }
    chain_.emplace(*route_, plan_->settings.providers, needs, started_, shard_.random.next());
    return std::nullopt;
}

Task<net::Response> Call::run() {
    if (auto refusal = prepare()) co_return std::move(*refusal);
    auto stopped = co_await look_for_loop();
    if (stopped) co_return std::move(*stopped);
    auto over_limit = co_await reserve();
    if (over_limit) co_return std::move(*over_limit);
    if (request_.http.watch_client) {
        request_.http.watch_client([weak = weak_from_this()] {
            auto self = weak.lock();
            if (self == nullptr) return;
            self->is_client_gone_ = true;
            if (self->attempt_ != nullptr) self->attempt_->on_client_gone();
        });
    }
    while (true) {
        const Instant now = steady_clock::now();
        step_ = chain_->next(plan_->lanes, now);
        if (step_.kind == Step::Kind::kGiveUp) break;
        if (step_.kind == Step::Kind::kWait) {
            co_await io::sleep_for(step_.wait);
            waited_ += steady_clock::now() - now;
        } else {
            co_await make_attempt(step_);
            if (auto answer = judge()) co_return std::move(*answer);
        }
        if (is_client_gone_) break;
    }
    co_return give_up();
}

Task<> Call::make_attempt(const Step& step) {
    const Target& target = route_->targets[step.target];
    plan_->lanes.on_call(target.provider);
    attempt_model_ = model_at(*route_, target, facts_.model);
    attempt_span_ = shard_.new_id("");
    attempt_started_ = shard_.clock.now();
    AttemptInput input{.facts = facts_,
                       .body = request_.http.body,
                       .client_headers = request_.http.headers,
                       .client_model = facts_.model,
                       .provider = plan_->settings.providers[target.provider],
                       .provider_index = target.provider,
                       .target = target,
                       .model = attempt_model_,
                       .key = step.key,
                       .time_left = chain_->time_left(steady_clock::now()),
                       .output_max_default = target.output_max_default,
                       .output_cut = std::nullopt,
                       .more_output = {},
                       .id = attempt_span_,
                       .now = attempt_started_};
    if (!reservation_.counters.empty()) {
        if (facts_.stream) {
            input.output_cut = reserved_output_;
            input.more_output = [this](int64_t cut) { return reserve_more(cut); };
        } else if (!facts_.output_max && request_.dialect != Dialect::kEmbeddings) {
            input.output_max_default = reserved_output_;  // a whole answer cannot be cut on its way
        }
    }
    attempt_ = std::make_unique<Attempt>(std::move(input), upstreams_, shard_.watchdogs);
    co_await attempt_->run();
    const Instant ended = steady_clock::now();
    waited_ += attempt_->connecting();
    if (attempt_->sent_at() != Instant{}) {
        const bool has_answer = attempt_->answered_at() != Instant{};
        waited_ += (has_answer ? attempt_->answered_at() : ended) - attempt_->sent_at();
    }
    plan_->lanes.on_rate_limits(lane_of(target, step.key, facts_.model), attempt_->rate_limits(), ended);
}

// What follows from the attempt: an answer, or nothing when the chain goes on.
std::optional<net::Response> Call::judge() {
    if (attempt_->is_committed()) {
        overhead_ = overhead_now();
        return facts_.stream ? stream_answer() : whole_answer();
    }
    const ErrorClass error_class = attempt_->error_class();
    const Ruling ruling = rule(error_class, Phase::kBeforeCommit);
    last_message_ = attempt_->is_own_error() || error_class == ErrorClass::kCredential
                        ? ""
                        : conceal(attempt_->error().message, route_->targets[step_.target].provider);
    chain_->on_failure({.error_class = error_class,
                        .took = steady_clock::now() - attempt_->started(),
                        .retry_after = attempt_->error().retry_after},
                       plan_->lanes, steady_clock::now());
    const bool is_final = ruling.client_status == 0 && !route_->content_policy_falls_back;
    if (is_final || error_class == ErrorClass::kCallerError) {
        net::Response response = pass_failure_on();
        settle(error_class);
        return response;
    }
    settle(error_class);
    return std::nullopt;
}

void Call::settle(ErrorClass error_class) {
    const Instant now = steady_clock::now();
    const Target& target = route_->targets[step_.target];
    const size_t lane = lane_of(target, step_.key, facts_.model);
    std::unique_ptr<Attempt> attempt = std::move(attempt_);
    if (error_class == ErrorClass::kNone) {
        plan_->lanes.on_success(lane, now);
        const bool is_chat =
            request_.dialect != Dialect::kEmbeddings && request_.dialect != Dialect::kResponses;
        plan_->lanes.note_use(lane, is_chat);
    } else {
        const bool has_error = attempt->error_class() != ErrorClass::kNone;
        plan_->lanes.on_failure(lane, error_class, has_error ? attempt->error().retry_after : std::nullopt,
                                now);
    }
    AttemptRecord record;
    record.route = route_->name;
    record.asked_model = facts_.model;
    record.provider = plan_->settings.providers[target.provider].name;
    record.model = attempt_model_;
    record.target = step_.target;
    record.key = step_.key;
    record.number = chain_->attempts();
    record.dialect = request_.dialect;
    record.is_stream = facts_.stream;
    record.is_committed = attempt->is_committed();
    record.was_cut = attempt->was_cut();
    record.error_class = error_class;
    record.status = attempt->status();
    if (attempt->error_class() != ErrorClass::kNone) record.error_code = attempt->error().code;
    record.why = chain_->fallback_reason();
    record.response_id = attempt->response_id();
    record.answered_model = attempt->answered_model();
    record.span = attempt_span_;
    record.finish = attempt->finish();
    record.usage = attempt->usage();
    record.is_priced = target.price.is_known;
    record.price_version = target.price.version;
    record.cost_nano_usd = record.is_priced ? cost_nano_usd(target.price, record.usage) : 0;
    record.started = attempt_started_;
    record.took = to_us(now - attempt->started());
    if (facts_.stream && attempt->first_content_at() != Instant{})
        record.first_token = to_us(attempt->first_content_at() - attempt->started());
    if (attempt->is_committed()) record.overhead = overhead_;
    used_.nano_usd += record.cost_nano_usd;
    used_.tokens += record.usage.input + record.usage.output;
    if (attempt->is_committed()) used_.requests = 1;
    is_priced_ = is_priced_ || record.is_priced;
    shard_.ledger.add(caller_, record);

    ShardStats& stats = shard_.stats;
    if (error_class == ErrorClass::kClientGone) ++stats.gone_clients;
    if (plan_ != shard_.plan) return;  // the lanes are others now
    LaneStats& seen = stats.lanes[lane];
    ++seen.attempts;
    const bool counts = error_class != ErrorClass::kNone && error_class != ErrorClass::kClientGone &&
                        error_class != ErrorClass::kCallerError;
    if (counts) ++seen.failures;
    seen.input_tokens += static_cast<uint64_t>(std::max<int64_t>(record.usage.input, 0));
    seen.output_tokens += static_cast<uint64_t>(std::max<int64_t>(record.usage.output, 0));
    seen.cost_nano_usd += record.cost_nano_usd;
    if (error_class == ErrorClass::kNone) seen.took_us.add(static_cast<double>(record.took.count()));
    if (record.first_token.count() >= 0)
        seen.first_token_us.add(static_cast<double>(record.first_token.count()));
}

std::chrono::microseconds Call::overhead_now() const {
    return to_us(steady_clock::now() - started_ - waited_);
}

Task<> Call::relay(net::ByteStream& client) {
    ++shard_.stats.streams_open;
    co_await attempt_->relay(client, caller_.request_id);
    --shard_.stats.streams_open;
    const ErrorClass error_class = attempt_->error_class();
    if (attempt_->was_cut()) ++shard_.stats.cut_streams;
    if (error_class != ErrorClass::kNone && error_class != ErrorClass::kClientGone)
        ++shard_.stats.broken_streams;
    settle(error_class);
    settle_limits();
}

std::string Call::name_of(size_t target) const {
    const Target& each = route_->targets[target];
    return plan_->settings.providers[each.provider].name + "/" + model_at(*route_, each, facts_.model);
}

// A provider that quotes our key in its error does not make it ours to pass on.
std::string Call::conceal(std::string text, size_t provider) const {
    for (const Secret& key : plan_->settings.providers[provider].keys) {
        if (key.reveal().size() < 6) continue;
        for (size_t at = text.find(key.reveal()); at != std::string::npos; at = text.find(key.reveal(), at))
            text.replace(at, key.reveal().size(), "[key]");
    }
    return text;
}

void Call::note_fallback(std::string_view to) const {
    if (chain_->trail().empty()) return;
    ++shard_.stats.fallbacks;
    shard_.note({.at = shard_.clock.now(),
                 .route = route_->name,
                 .from = name_of(chain_->trail().front().target),
                 .reason = std::string(chain_->fallback_reason()),
                 .to = std::string(to),
                 .agent = caller_.agent,
                 .tenant = caller_.tenant});
}

}  // namespace nightshift::gateway
