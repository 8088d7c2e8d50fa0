#include "gateway/exporter.h"

#include <algorithm>

#include "base/log.h"
#include "io/blocking.h"
#include "io/periodic.h"
#include "net/client.h"

namespace nightshift::gateway {
namespace {

constexpr size_t kCallsInARequestMax = 2'000;
constexpr milliseconds kTimeout{10'000};

bool is_own_call(const recorder::Event& event) {
    return event.kind == recorder::Kind::kModelCall && event.source == "gateway" && !event.span.empty();
}

}  // namespace

Exporter::Exporter(io::Loop& loop, const Clock& clock, ExportSpec spec)
    : loop_(loop), clock_(clock), spec_(std::move(spec)), metrics_(clock.now()) {
    io::run_blocking(loop_, [this] { return begin(); });
}

Exporter::~Exporter() {
    stop();
}

void Exporter::add(std::shared_ptr<const recorder::EventBatch> batch) {
    const bool has_calls = std::any_of(batch->events.begin(), batch->events.end(), is_own_call);
    if (!has_calls) return;
    std::lock_guard lock(mutex_);
    calls_waiting_ += batch->events.size();
    waiting_.push_back(std::move(batch));
    while (calls_waiting_ > kCallsMax) {
        calls_waiting_ -= waiting_.front()->events.size();
        dropped_ += waiting_.front()->events.size();
        waiting_.pop_front();
    }
}

uint64_t Exporter::dropped() const {
    std::lock_guard lock(mutex_);
    return dropped_;
}

// False, told once, while the collector does not answer.
Task<bool> Exporter::post(std::string path, std::string body) {
    net::ClientRequest request;
    request.method = net::Method::kPost;
    request.url = spec_.url + path;
    request.headers.add("Content-Type", "application/json");
    for (const auto& [name, value] : spec_.headers) request.headers.add(name, value.reveal());
    request.body = std::move(body);
    request.timeout = kTimeout;
    request.body_bytes_max = 1u << 20;
    Result<net::ClientResponse> answer = co_await net::fetch(std::move(request));
    const bool is_taken = answer && answer->status / 100 == 2;
    if (!is_taken && !is_failing_) {
        log::warn("gateway", "the collector does not take {}: {}", path,
                  answer ? fmt::format("status {}", answer->status) : answer.error().message);
    }
    is_failing_ = !is_taken;
    co_return is_taken;
}

Task<> Exporter::send_all() {
    std::deque<std::shared_ptr<const recorder::EventBatch>> batches;
    {
        std::lock_guard lock(mutex_);
        batches.swap(waiting_);
        calls_waiting_ = 0;
    }
    std::vector<const recorder::Event*> calls;
    for (const auto& batch : batches) {
        for (const recorder::Event& event : batch->events) {
            if (!is_own_call(event)) continue;
            metrics_.add(event);
            calls.push_back(&event);
        }
    }
    for (size_t first = 0; first < calls.size() && spec_.spans; first += kCallsInARequestMax) {
        const size_t last = std::min(calls.size(), first + kCallsInARequestMax);
        std::string body = encode_spans({calls.begin() + static_cast<std::ptrdiff_t>(first),
                                         calls.begin() + static_cast<std::ptrdiff_t>(last)});
        bool is_taken = co_await post("/v1/traces", std::move(body));
        if (is_taken) continue;
        std::lock_guard lock(mutex_);
        dropped_ += calls.size() - first;
        break;
    }
    if (!spec_.metrics || calls.empty()) co_return;
    std::string body = metrics_.encode(clock_.now());
    co_await post("/v1/metrics", std::move(body));
}

Task<> Exporter::begin() {
    tasks_ = std::make_unique<io::TaskGroup>(loop_, "gateway export");
    io::Periodic periodic;
    periodic.name = "gateway export";
    periodic.interval = spec_.every;
    periodic.work = [this] { return send_all(); };
    io::start_periodic(*tasks_, std::move(periodic));
    co_return;
}

Task<> Exporter::end() {
    co_await tasks_->stop();
    co_await send_all();
}

void Exporter::stop() {
    if (is_stopped_) return;
    is_stopped_ = true;
    io::run_blocking(loop_, [this] { return end(); });
}

}  // namespace nightshift::gateway
