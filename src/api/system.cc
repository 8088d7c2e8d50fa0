#include "api/system.h"

#include <boost/json.hpp>

#include "api/gateway_metrics.h"
#include "api/json.h"
#include "api/probe_metrics.h"
#include "api/prometheus.h"
#include "base/process_stats.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;

json::object process_json() {
    ProcessStats stats = read_process_stats();
    return {{"rss_bytes", stats.rss_bytes},
            {"cpu_seconds", stats.cpu_seconds},
            {"threads", stats.threads},
            {"open_files", stats.open_files}};
}

json::object recorder_json(const recorder::Stats& stats) {
    return {{"events_total", stats.events_total},
            {"duplicates_total", stats.duplicates_total},
            {"batches_total", stats.batches_total},
            {"refused_total", stats.refused_total},
            {"commits_total", stats.commits_total},
            {"commit_p50_us", stats.commit_p50_us},
            {"commit_p99_us", stats.commit_p99_us},
            {"queue_bytes", stats.queue_bytes},
            {"queue_bytes_max", stats.queue_bytes_max},
            {"log_bytes", stats.log_bytes},
            {"segments", stats.segments},
            {"segment_bytes", stats.segment_bytes},
            {"segment_rows", stats.segment_rows},
            {"content_bytes", stats.content_bytes},
            {"memory_bytes", stats.memory_bytes},
            {"rollup_keys", stats.rollup_keys},
            {"rollup_keys_folded", stats.rollup_keys_folded},
            {"seals_total", stats.seals_total},
            {"deleted_segments_total", stats.deleted_segments_total},
            {"is_failing", stats.is_failing},
            {"failure", stats.failure},
            {"set_aside", json::array(stats.set_aside.begin(), stats.set_aside.end())}};
}

json::object ingest_json(const ingest::Receiver::Stats& stats) {
    return {{"requests_total", stats.requests_total},
            {"bytes_total", stats.bytes_total},
            {"spans_total", stats.spans_total},
            {"logs_total", stats.logs_total},
            {"points_total", stats.points_total},
            {"events_total", stats.events_total},
            {"duplicates_total", stats.duplicates_total},
            {"rejected_total", stats.rejected_total},
            {"filtered_total", stats.filtered_total},
            {"bad_requests_total", stats.bad_requests_total},
            {"refused_total", stats.refused_total},
            {"in_flight", stats.in_flight},
            {"series", stats.series},
            {"series_refused_total", stats.series_refused_total}};
}

json::object live_json(const live::Stats& stats) {
    return {{"clients", stats.clients},
            {"clients_total", stats.clients_total},
            {"refused_total", stats.refused_total},
            {"resumed_total", stats.resumed_total},
            {"snapshots_total", stats.snapshots_total},
            {"fell_behind_total", stats.fell_behind_total},
            {"stalled_total", stats.stalled_total},
            {"frames_total", stats.frames_total},
            {"topics", stats.topics},
            {"ring_bytes", stats.ring_bytes},
            {"queued_bytes", stats.queued_bytes}};
}

json::object fleet_json(const fleet::Stats& stats) {
    return {{"agents", stats.agents},
            {"sessions", stats.sessions},
            {"events_total", stats.events_total},
            {"batches_total", stats.batches_total},
            {"shed_batches_total", stats.shed_batches_total},
            {"catch_ups_total", stats.catch_ups_total},
            {"replayed_events_total", stats.replayed_events_total},
            {"published_total", stats.published_total},
            {"queued_events", stats.queued_events},
            {"queued_events_max", stats.queued_events_max},
            {"evicted_sessions_total", stats.evicted_sessions_total},
            {"refused_records_total", stats.refused_records_total},
            {"aborts_total", stats.aborts_total},
            {"snapshot_bytes", stats.snapshot_bytes},
            {"snapshot_at_ms", stats.snapshot_at_ms},
            {"is_behind", stats.is_behind}};
}

json::object http_json(const net::ServerStats& stats) {
    return {{"connections", stats.connections},
            {"connections_total", stats.connections_total},
            {"connections_refused", stats.connections_refused},
            {"requests_total", stats.requests_total},
            {"bad_requests_total", stats.bad_requests_total}};
}

// How long the disk lasts at the pace of this run; nothing until a pace is known.
json::value days_left(const DiskStats& disk, uint64_t written, double uptime_s) {
    if (uptime_s < 3600 || written == 0) return nullptr;
    return static_cast<double>(disk.free_bytes) / (static_cast<double>(written) / uptime_s * 86400);
}

json::object system_json(const SystemParts& parts) {
    recorder::Stats recorder = parts.recorder->stats();
    DiskStats disk = read_disk_stats(parts.data);
    microseconds uptime = parts.clock->now() - parts.started;
    uint64_t used = recorder.log_bytes + recorder.segment_bytes + recorder.content_bytes;

    json::array sources;
    for (const std::string& source : parts.sources()) sources.push_back(json::parse(source));
    json::array failing;
    for (const Failing& each : parts.failing()) {
        failing.push_back(
            json::object{{"part", each.part}, {"message", each.message}, {"since_ms", each.since_ms}});
    }
    return {{"version", parts.version},
            {"started_at_ms", unix_ms(parts.started)},
            {"uptime_ms", uptime.count() / 1000},
            {"process", process_json()},
            {"recorder", recorder_json(recorder)},
            {"ingest", ingest_json(parts.receiver->stats())},
            {"live", live_json(parts.hub->stats())},
            {"fleet", fleet_json(parts.fleet->stats())},
            {"http", http_json(parts.http())},
            {"disk",
             {{"free_bytes", disk.free_bytes},
              {"total_bytes", disk.total_bytes},
              {"used_bytes", used},
              {"days_left", days_left(disk, used, static_cast<double>(uptime.count()) * 1e-6)}}},
            {"sources", std::move(sources)},
            {"failing", std::move(failing)}};
}

net::Response readiness(const SystemParts& parts) {
    json::array failing;
    for (const Failing& each : parts.failing()) {
        if (each.blocks_us) failing.push_back(json::object{{"part", each.part}, {"message", each.message}});
    }
    bool is_ready = failing.empty();
    return json_answer(is_ready ? 200 : 503,
                       json::object{{"ready", is_ready}, {"failing", std::move(failing)}});
}

// Numbers of one part under its prefix: names that end in _total count, the others are gauges.
void add_numbers(PrometheusText& text, std::string_view part, const json::object& numbers) {
    for (const auto& member : numbers) {
        std::string name = fmt::format("{}_{}", part, std::string_view(member.key()));
        std::string help =
            fmt::format("{} of {}; see GET /api/v1/system.", std::string_view(member.key()), part);
        double value = 0;
        if (member.value().is_number()) {
            value = member.value().to_number<double>();
        } else if (member.value().is_bool()) {
            value = member.value().as_bool() ? 1 : 0;
        } else {
            continue;
        }
        if (std::string_view(member.key()).ends_with("_total")) {
            text.counter(name, help, value);
        } else {
            text.gauge(name, help, value);
        }
    }
}

Task<json::object> whole_system(SystemParts parts) {
    json::object system = system_json(parts);
    json::object alerting = co_await parts.alerting();
    for (auto& member : alerting) system[member.key()] = std::move(member.value());
    co_return system;
}

Task<net::Response> show_system(SystemParts parts, Call) {
    json::object system = co_await whole_system(std::move(parts));
    co_return json_answer(200, system);
}

Task<net::Response> metrics(SystemParts parts, Call) {
    json::object system = co_await whole_system(parts);
    PrometheusText text;
    for (std::string_view part : {"process", "recorder", "ingest", "live", "fleet", "http", "disk", "alerts",
                                  "incidents", "deliveries"}) {
        add_numbers(text, part, system.at(part).as_object());
    }
    text.gauge("uptime_seconds", "Since the program started.",
               system.at("uptime_ms").to_number<double>() / 1e3);
    text.gauge("failing", "Parts that fail; GET /api/v1/system names them.",
               static_cast<double>(system.at("failing").as_array().size()));
    text.begin("gauge", "source_passing", "1: the source passes; 0: it fails, is stale or unknown.");
    for (const json::value& source : system.at("sources").as_array()) {
        bool passing = source.at("state").at("value").as_string() == "passing";
        text.labelled("source_passing", {{"source", source.at("name").as_string()}}, passing ? 1 : 0);
    }
    if (parts.gateway != nullptr) {
        const auto [plan, stats] = co_await parts.gateway->stats();
        append_gateway(text, *plan, stats, std::chrono::steady_clock::now());
    }
    if (parts.probes != nullptr) {
        std::vector<health::ProbeView> probes = co_await parts.probes->list();
        health::Stats stats = co_await parts.probes->stats();
        append_probes(text, probes, stats, parts.clock->now());
    }
    net::Response response = net::Response::text(200, text.take());
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    co_return response;
}

}  // namespace

void add_system_routes(Router& router, SystemParts parts) {
    router.add({net::Method::kGet, "/healthz", Access::open(),
                immediate([](const Call&) { return json_answer(200, json::object{{"status", "alive"}}); })});
    router.add({net::Method::kGet, "/readyz", Access::open(),
                immediate([parts](const Call&) { return readiness(parts); })});
    router.add({net::Method::kGet, "/metrics", Access::scoped(Scope::kRead),
                [parts](Call call) { return metrics(parts, std::move(call)); }});
    router.add({net::Method::kGet, "/api/v1/system", Access::scoped(Scope::kRead),
                [parts](Call call) { return show_system(parts, std::move(call)); }});
}

}  // namespace nightshift::api
