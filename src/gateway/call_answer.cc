#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateway/call.h"
#include "gateway/dialects/render.h"

// What a client gets: heads, bodies and errors.
namespace nightshift::gateway {
namespace {

void add_number(net::Headers& headers, std::string_view name, int64_t value) {
    headers.add(name, fmt::format_int(value).c_str());
}

}  // namespace

void Call::add_headers(net::Response& response) const {
    net::Headers& headers = response.headers;
    headers.add("x-request-id", caller_.request_id);
    // Anthropic's clients look for it under this name.
    if (request_.dialect == Dialect::kMessages) headers.add("request-id", caller_.request_id);
    if (!chain_) return;
    add_number(headers, "x-gw-attempts", chain_->attempts());
    if (const std::string_view reason = chain_->fallback_reason(); !reason.empty())
        headers.add("x-gw-fallback-reason", reason);
    const auto spent = overhead_.count() > 0 ? overhead_ : overhead_now();
    add_number(headers, "x-gw-overhead-us", spent.count());
    if (loop_action_ >= LoopAction::kAnnotate) {
        headers.add("x-gw-loop", fmt::format("{}; score={:.2f}; count={}", to_string(loop_.kind), loop_.score,
                                             loop_.count));
    }
    const LimitCounter* tightest = nullptr;
    for (const CounterPtr& each : reservation_.counters) {
        if (tightest == nullptr || each->share() > tightest->share()) tightest = each.get();
    }
    if (tightest != nullptr) {
        headers.add(
            "x-gw-budget-remaining",
            fmt::format("{:.1f}% of {}", std::max(1 - tightest->share(), 0.0) * 100, tightest->spec().name));
    }
}

net::Response Call::whole_answer() {
    net::Response response;
    response.status = attempt_->status();
    response.body = std::move(attempt_->body());
    response.headers.add("Content-Type", "application/json");
    response.headers.add("x-gw-provider",
                         plan_->settings.providers[route_->targets[step_.target].provider].name);
    response.headers.add("x-gw-model", attempt_model_);
    add_headers(response);
    note_fallback(name_of(step_.target));
    settle(ErrorClass::kNone);
    if (is_priced_) {
        response.headers.add("x-gw-cost-usd",
                             fmt::format("{:.9f}", static_cast<double>(used_.nano_usd) / 1e9));
    }
    return response;
}

net::Response Call::stream_answer() {
    net::Response response;
    response.headers.add("Content-Type", stream_content_type(request_.dialect));
    response.headers.add("Cache-Control", "no-cache");
    response.headers.add("x-gw-provider",
                         plan_->settings.providers[route_->targets[step_.target].provider].name);
    response.headers.add("x-gw-model", attempt_model_);
    add_headers(response);
    note_fallback(name_of(step_.target));
    response.stream_keeps_connection = true;
    response.stream = [self = shared_from_this()](net::ByteStream& client) { return self->relay(client); };
    return response;
}

net::Response Call::refuse(int status, std::string_view code, const std::string& message) const {
    net::Response response =
        net::Response::json(status, render_error(request_.dialect, {.status = status,
                                                                    .code = code,
                                                                    .message = message,
                                                                    .request_id = caller_.request_id,
                                                                    .param = ""}));
    add_headers(response);
    return response;
}

// The caller's own mistake, as the provider put it.
net::Response Call::pass_failure_on() {
    const size_t provider = route_->targets[step_.target].provider;
    const UpstreamError& error = attempt_->error();
    if (attempt_->is_own_error()) return refuse(400, "invalid_request", error.message);
    const int status = attempt_->status() >= 400 ? attempt_->status() : 400;
    const ProviderKind kind = plan_->settings.providers[provider].kind;
    const bool is_same = upstream_dialect(kind, request_.dialect) == request_.dialect;
    std::string body = attempt_->body();
    if (!is_same || attempt_->status() < 400 || body.empty()) {
        const std::string message = conceal(error.message, provider);
        return refuse(status, error.code, message);
    }
    net::Response response = net::Response::json(status, conceal(std::move(body), provider));
    for (const char* name : {"x-should-retry", "retry-after", "retry-after-ms"}) {
        if (auto value = attempt_->headers().find(name)) response.headers.add(name, *value);
    }
    response.headers.add("x-gw-provider", plan_->settings.providers[provider].name);
    response.headers.add("x-gw-model", attempt_model_);
    add_headers(response);
    return response;
}

// The chain is exhausted: clients must not multiply the outage by trying the whole of it again.
net::Response Call::give_up() {
    const Instant now = std::chrono::steady_clock::now();
    if (is_client_gone_) return net::Response::empty(499);
    ++shard_.stats.failed_calls;
    note_fallback("");
    const Outcome outcome = chain_->outcome(now);
    std::string tried;
    for (const TrailEntry& each : chain_->trail()) {
        if (!tried.empty()) tried += ", ";
        tried += name_of(each.target);
        tried += ' ';
        tried += each.refusal != Refusal::kNone ? to_string(each.refusal) : to_string(each.error_class);
    }
    std::string message = fmt::format("no target of the route {} answered ({})", route_->name, tried);
    if (!last_message_.empty())
        message += "; the last said: " + std::string(truncate_utf8(last_message_, 500));
    net::Response response = refuse(outcome.status == 0 ? 502 : outcome.status, outcome.code, message);
    response.headers.add("x-should-retry", "false");
    if (outcome.retry_after) {
        const auto wait = std::chrono::ceil<std::chrono::seconds>(*outcome.retry_after);
        add_number(response.headers, "Retry-After", wait.count());
    }
    return response;
}

}  // namespace nightshift::gateway
