#include "api/telemetry.h"

namespace nightshift::api {
namespace {

// As sent; what inflates to more is refused by the receiver.
constexpr size_t kTelemetryBytesMax = 64u << 20;

Route telemetry_route(std::string pattern, CallFn call) {
    return {.method = net::Method::kPost,
            .pattern = std::move(pattern),
            .access = Access::scoped(auth::Scope::kIngest),
            .call = std::move(call),
            .body_bytes_max = kTelemetryBytesMax,
            .is_telemetry = true};
}

}  // namespace

void add_telemetry_routes(Router& router, ingest::Receiver& receiver) {
    using ingest::Signal;
    for (auto [pattern, signal] : {std::pair{"/v1/traces", Signal::kTraces},
                                   {"/v1/metrics", Signal::kMetrics},
                                   {"/v1/logs", Signal::kLogs},
                                   {"/api/public/otel/v1/traces", Signal::kTraces}}) {
        router.add(telemetry_route(pattern, [&receiver, kind = signal](Call call) {
            return receiver.otlp(kind, std::move(call.request), std::move(call.principal.tenant));
        }));
    }
    router.add(telemetry_route("/api/v1/events", [&receiver](Call call) {
        return receiver.events(std::move(call.request), std::move(call.principal.tenant));
    }));
}

}  // namespace nightshift::api
