#include "app/sources.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "base/log.h"
#include "io/blocking.h"

namespace nightshift::app {
namespace {

namespace json = boost::json;
namespace openclaw = ingest::openclaw;

openclaw::Options source_options(const OpenClawConfig& config, const Config& all) {
    openclaw::Options options;
    options.name = config.name;
    options.url = config.url;
    options.token = config.token;
    options.tenant = config.tenant;
    options.keep_content = all.recorder.keep_content;
    options.redact_emails = all.redact.email;
    options.qualify_sessions =
        std::count_if(all.sources.openclaw.begin(), all.sources.openclaw.end(),
                      [&](const OpenClawConfig& other) { return other.tenant == config.tenant; }) > 1;
    return options;
}

// Enough to know where the recording ended, also when several sessions were busy.
constexpr uint32_t kRememberedEvents = 1000;
constexpr std::chrono::seconds kRepeatEvery(30);

Task<> run_abort(openclaw::Source* source, fleet::AbortRequest request,
                 std::function<void(Result<std::string>)> done) {
    Result<std::string> outcome = co_await source->abort_session(request.session, request.reason);
    done(std::move(outcome));
}

}  // namespace

std::string source_json(const openclaw::SourceStatus& status) {
    json::object state{{"value", openclaw::to_string(status.verdict.state)},
                       {"since_ms", unix_ms(status.verdict.since)},
                       {"as_of_ms", unix_ms(status.verdict.as_of)},
                       {"source", status.name},
                       {"why", status.verdict.why}};
    return json::serialize(json::object{{"name", status.name},
                                        {"kind", "openclaw"},
                                        {"state", std::move(state)},
                                        {"url", status.url},
                                        {"version", status.version},
                                        {"protocol", status.protocol},
                                        {"boot_id", status.boot_id},
                                        {"connected_since_ms", status.connected_since_ms},
                                        {"last_answer_ms", status.last_answer_ms},
                                        {"round_trip_ms", status.round_trip_ms},
                                        {"events_total", status.events_total},
                                        {"gaps_total", status.gaps_total},
                                        {"reconnects_total", status.reconnects_total},
                                        {"turns_ok", status.turns_ok},
                                        {"turns_failed", status.turns_failed}});
}

Sources::Sources(Parts parts, const Config& config) : parts_(parts), tasks_(parts.loop, "sources") {
    for (const OpenClawConfig& each : config.sources.openclaw) {
        auto append = [&recorder = parts.recorder, &counted = parts.counted](
                          std::shared_ptr<recorder::EventBatch> batch,
                          std::function<void(Result<recorder::Receipt>)> done) {
            counted.settle(*batch);
            recorder.append(std::move(batch), std::move(done));
        };
        auto on_status = [this, tenant = each.tenant](const openclaw::SourceStatus& status) {
            report(tenant, status);
        };
        entries_.push_back(
            {each.tenant, std::make_unique<openclaw::Source>(parts.loop, source_options(each, config), append,
                                                             on_status, parts.clock)});
    }
}

Sources::~Sources() = default;

void Sources::remember_recorded() {
    for (Entry& entry : entries_) {
        recorder::EventQuery newest;
        newest.scope.tenant = entry.tenant;
        newest.where = fmt::format("source = \"{}\"", entry.source->name());
        newest.limit = kRememberedEvents;
        auto page = parts_.recorder.events(newest);
        if (!page) {
            log::warn("sources", "{}: what was recorded before cannot be read: {}", entry.source->name(),
                      page.error().message);
            continue;
        }
        for (const recorder::Event& event : page->batch->events) entry.source->remember(event);
    }
}

void Sources::start() {
    is_started_ = true;
    if (entries_.empty()) return;
    for (Entry& entry : entries_) entry.source->start();
    parts_.loop.post([this] { tasks_.spawn([this] { return repeat_reports(); }); });
}

void Sources::stop() {
    if (!is_started_) return;
    io::run_blocking(parts_.loop, [this] { return tasks_.stop(); });
    for (Entry& entry : entries_) {
        openclaw::Source* source = entry.source.get();
        io::run_blocking(parts_.loop, [source] { return source->stop(); });
    }
}

// An idle gateway has nothing to tell, yet the fleet forgets a source's word after a while.
Task<> Sources::repeat_reports() {
    for (;;) {
        co_await io::sleep_for(kRepeatEvery);
        for (const Entry& entry : entries_) report(entry.tenant, entry.source->status());
    }
}

void Sources::report(const std::string& tenant, const openclaw::SourceStatus& status) {
    parts_.hub.put(tenant, "fleet", "source/" + status.name,
                   fmt::format(R"({{"key":"source/{}","source":{}}})", status.name, source_json(status)));
    openclaw::SourceState state = status.verdict.state;
    if (state == openclaw::SourceState::kUnknown) return;
    parts_.fleet.set_source(status.name, status.connected_since_ms != 0, status.verdict.why);
    std::string id = "source/" + status.name;
    if (state == openclaw::SourceState::kPassing) {
        parts_.fleet.clear_condition(tenant, id);
        return;
    }
    fleet::Attention attention;
    attention.id = id;
    attention.severity =
        state == openclaw::SourceState::kFailing ? fleet::Severity::kCritical : fleet::Severity::kWarning;
    attention.kind = "source_failing";
    attention.title =
        fmt::format("{} is {}: {}", status.name, openclaw::to_string(state), status.verdict.why);
    attention.since_us = unix_us(status.verdict.since);
    parts_.fleet.set_condition(tenant, std::move(attention));
}

void Sources::abort_session(fleet::AbortRequest request, std::function<void(Result<std::string>)> done) {
    auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& each) {
        return each.tenant == request.tenant && each.source->name() == request.source;
    });
    if (entry == entries_.end()) {
        done(fail(Code::kConflict,
                  "sessions of {} cannot be aborted from here; those of a configured OpenClaw gateway can",
                  request.source));
        return;
    }
    tasks_.spawn([source = entry->source.get(), request = std::move(request), done = std::move(done)] {
        return run_abort(source, request, done);
    });
}

Result<openclaw::Source*> Sources::find(const std::string& tenant, const std::string& name) const {
    std::vector<openclaw::Source*> own;
    std::string names;
    for (const Entry& entry : entries_) {
        if (entry.tenant != tenant) continue;
        if (!name.empty() && entry.source->name() == "openclaw/" + name) return entry.source.get();
        own.push_back(entry.source.get());
        names +=
            (names.empty() ? "" : ", ") + entry.source->name().substr(std::string_view("openclaw/").size());
    }
    if (name.empty() && own.size() == 1) return own.front();
    if (own.empty()) return fail(Code::kNotFound, "no OpenClaw gateway is configured under sources.openclaw");
    return fail(Code::kNotFound, "{} under sources.openclaw; there are {}",
                name.empty() ? "source must name one of those" : fmt::format("there is no {}", name), names);
}

std::vector<std::string> Sources::to_json() const {
    std::vector<std::string> all;
    for (const Entry& entry : entries_) all.push_back(source_json(entry.source->status()));
    return all;
}

std::vector<api::Failing> Sources::failing() const {
    std::vector<api::Failing> all;
    for (const Entry& entry : entries_) {
        openclaw::SourceStatus status = entry.source->status();
        bool fails = status.verdict.state == openclaw::SourceState::kFailing ||
                     status.verdict.state == openclaw::SourceState::kStale;
        if (fails)
            all.push_back(
                {"source " + status.name, status.verdict.why, unix_ms(status.verdict.since), false});
    }
    return all;
}

}  // namespace nightshift::app
