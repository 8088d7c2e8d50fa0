#include "jobs/job_json.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <xxhash.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "jobs/command_json.h"
#include "jobs/runner/http_call.h"
#include "jobs/words.h"
#include "net/client.h"
#include "recorder/filter.h"

namespace nightshift::jobs {

namespace json = boost::json;

namespace {

constexpr size_t kExpectationsMax = 50;

std::string hash_of(std::string_view text) {
    uint64_t hash = XXH3_64bits(text.data(), text.size());
    return to_hex(&hash, sizeof hash);
}

void read_calendar(JsonReader& reader, std::string_view key, bool only, std::vector<CalendarRule>& rules) {
    std::vector<std::string> days;
    reader.texts(key, days);
    for (std::string& each : days) rules.push_back({std::move(each), only});
}

void read_schedule(JsonReader& reader, Job& job, Zones& zones) {
    ScheduleSpec spec;
    std::string at;
    std::string anchor;
    reader.text("cron", spec.cron);
    reader.duration("every", spec.every);
    reader.text("anchor", anchor);
    reader.text("at", at);
    reader.text("on_event", spec.on_event);
    reader.duration("window", job.event_window);
    reader.text("zone", spec.zone);
    reader.duration("spread", spec.spread);
    read_calendar(reader, "except", false, spec.calendar);
    read_calendar(reader, "only", true, spec.calendar);
    if (!at.empty() && !(spec.at = parse_time(at)))
        reader.complain("at", fmt::format("is \"{}\", but must be a time like 2026-12-24T18:00:00Z", at));
    if (!anchor.empty() && !(spec.anchor = parse_time(anchor)))
        reader.complain("anchor",
                        fmt::format("is \"{}\", but must be a time like 2026-12-24T18:00:00Z", anchor));
    job.on_event = spec.on_event;
    if (reader.has("window") && spec.on_event.empty()) reader.complain("window", "is for on_event only");
    if (job.event_window.count() == 0) reader.complain("window", "is 0s, but must be 1s at least");
    if (auto filter = recorder::parse_filter(spec.on_event); !filter)
        reader.complain("on_event", filter.error().message);
    auto parsed = Schedule::parse(spec, zones);
    if (!parsed) return reader.complain("", parsed.error().message);
    job.schedule = std::move(*parsed);
}

HttpAction read_http(JsonReader& reader) {
    HttpAction http;
    reader.text("method", http.method);
    reader.text("url", http.url);
    reader.texts_by_name("headers", http.headers);
    reader.text("body", http.body);
    if (http.url.empty()) reader.complain("url", "is missing");
    // What the environment fills in is known only when it runs.
    bool is_whole = http.url.find("${") == std::string::npos;
    if (auto url = net::parse_url(http.url); !http.url.empty() && is_whole && !url)
        reader.complain("url", url.error().message);
    if (!parse_http_method(http.method))
        reader.complain("method", fmt::format("is \"{}\", which is none", http.method));
    return http;
}

AgentAction read_agent(JsonReader& reader) {
    AgentAction agent;
    reader.text("source", agent.source);
    reader.text("agent", agent.agent);
    reader.text("message", agent.message);
    reader.text("session", agent.session);
    if (agent.message.empty()) reader.complain("message", "is missing");
    return agent;
}

PromptAction read_prompt(JsonReader& reader) {
    PromptAction prompt;
    uint64_t tokens = prompt.max_tokens;
    reader.text("model", prompt.model);
    reader.text("url", prompt.url);
    reader.text("key", prompt.key);
    reader.text("system", prompt.system);
    reader.text("prompt", prompt.prompt);
    reader.integer("max_tokens", tokens, 1, 1'000'000);
    prompt.max_tokens = static_cast<uint32_t>(tokens);
    if (prompt.model.empty() || prompt.prompt.empty()) reader.complain("", "needs a model and a prompt");
    return prompt;
}

WatchAction read_watch(JsonReader& reader) {
    WatchAction watch;
    reader.object("openclaw", [&](JsonReader& openclaw) {
        openclaw.text("source", watch.openclaw_source);
        openclaw.text("id", watch.openclaw_id);
        if (watch.openclaw_id.empty())
            openclaw.complain("id", "is missing: the cron job's id at the gateway");
    });
    return watch;
}

// What the job does: exactly one of the keys.
void read_action(JsonReader& reader, Job& job) {
    constexpr std::array<std::string_view, 6> kActions{"command",  "http",   "agent",
                                                       "cron_run", "prompt", "watch"};
    auto given = std::count_if(kActions.begin(), kActions.end(),
                               [&](std::string_view key) { return reader.has(key); });
    if (given != 1) {
        return reader.complain("", fmt::format("a job has exactly one of {}; this one has {}",
                                               fmt::join(kActions, ", "), given));
    }
    if (reader.has("command")) {
        Command command;
        read_command(reader, command);
        job.action = std::move(command);
    }
    reader.object("http", [&](JsonReader& each) { job.action = read_http(each); });
    reader.object("agent", [&](JsonReader& each) { job.action = read_agent(each); });
    reader.object("prompt", [&](JsonReader& each) { job.action = read_prompt(each); });
    reader.object("watch", [&](JsonReader& each) { job.action = read_watch(each); });
    reader.object("cron_run", [&](JsonReader& each) {
        CronRunAction run;
        each.text("source", run.source);
        each.text("id", run.id);
        if (run.id.empty()) each.complain("id", "is missing: the cron job's id at the gateway");
        job.action = std::move(run);
    });
}

// An entry of `expect` without what we read here is what a source reads.
json::object without_our_keys(const json::object& entry) {
    json::object rest;
    for (const auto& [key, value] : entry) {
        if (key != "name" && key != "impact" && key != "any_of" && key != "wait") rest[key] = value;
    }
    return rest;
}

void read_source(const json::object& entry, const std::string& path, Expectation& expectation,
                 std::vector<JobProblem>& problems) {
    auto source = parse_source(entry);
    if (source) {
        expectation.any_of.push_back(std::move(*source));
    } else {
        problems.push_back({path, source.error().message});
    }
}

void read_expectation(const json::value& value, const std::string& path, Job& job,
                      std::vector<JobProblem>& problems) {
    if (!value.is_object()) return problems.push_back({path, "must be a mapping"});
    const json::object& entry = value.get_object();
    JsonReader reader(entry, path, problems);
    Expectation expectation;
    size_t impact = 0;
    reader.text("name", expectation.name);
    reader.choice("impact", impact, {"blocking", "degraded", "enhancement"});
    expectation.impact = static_cast<Impact>(impact);
    reader.duration("wait", expectation.within);
    json::object rest = without_our_keys(entry);
    reader.list("any_of", [&](const json::value& each, const std::string& each_path) {
        if (!each.is_object()) return problems.push_back({each_path, "must be a mapping"});
        read_source(each.get_object(), each_path, expectation, problems);
    });
    if (!rest.empty()) read_source(rest, path, expectation, problems);
    if (expectation.any_of.empty() && rest.empty() && !reader.has("any_of"))
        problems.push_back({path, "names no evidence: give it a source, or any_of with several"});
    if (expectation.name.empty() && !expectation.any_of.empty())
        expectation.name = std::string(expectation.any_of.front()->kind());
    auto same_name = [&](const Expectation& other) { return other.name == expectation.name; };
    for (int number = 2; std::any_of(job.expectations.begin(), job.expectations.end(), same_name); ++number)
        expectation.name = fmt::format(
            "{} {}", expectation.any_of.empty() ? "" : expectation.any_of.front()->kind(), number);
    job.expectations.push_back(std::move(expectation));
}

void read_policies(JsonReader& reader, Job& job) {
    size_t overlap = 0;
    reader.choice("overlap", overlap, {"skip", "queue", "replace", "allow"});
    job.overlap = static_cast<Overlap>(overlap);
    reader.duration("timeout", job.timeout);
    if (job.timeout.count() == 0) reader.complain("timeout", "is 0s, but must be 1s at least");
    reader.duration("deadline", job.deadline);
    reader.duration("grace", job.grace);
    reader.boolean("paused", job.is_paused);
    reader.object("retries", [&](JsonReader& retries) {
        uint64_t max = 0;
        retries.integer("max", max, 0, 32);
        job.retries.max = static_cast<uint32_t>(max);
        retries.duration("backoff", job.retries.backoff);
        retries.duration("backoff_max", job.retries.backoff_max);
    });
    reader.object("catch_up", [&](JsonReader& catch_up) {
        size_t policy = 1;
        uint64_t max = job.catch_up_max;
        catch_up.choice("policy", policy, {"skip", "once", "all"});
        catch_up.duration("max_lateness", job.catch_up_max_lateness);
        catch_up.integer("max", max, 1, 10'000);
        job.catch_up = static_cast<CatchUp>(policy);
        job.catch_up_max = static_cast<uint32_t>(max);
    });
    reader.object("concurrency", [&](JsonReader& concurrency) {
        uint64_t max = 1;
        concurrency.text("group", job.concurrency_group);
        concurrency.integer("max", max, 1, 10'000);
        job.concurrency_max = static_cast<uint32_t>(max);
        if (job.concurrency_group.empty()) job.concurrency_group = job.name;
    });
}

void read_deliveries(JsonReader& reader, Job& job) {
    auto read_one = [&](JsonReader& each) {
        DeliverySpec spec;
        each.text("channel", spec.channel);
        each.text("subject", spec.subject);
        each.text("text", spec.text);
        if (spec.channel.empty()) each.complain("channel", "is missing");
        job.deliveries.push_back(std::move(spec));
    };
    const json::value* deliver = reader.raw("deliver");
    if (deliver == nullptr) return;
    if (deliver->is_object()) return reader.object("deliver", read_one);
    std::vector<JobProblem> inner;
    reader.list("deliver", [&](const json::value& each, const std::string& path) {
        if (!each.is_object()) return inner.push_back({path, "must be a mapping"});
        JsonReader entry(each.get_object(), path, inner);
        read_one(entry);
        entry.done();
    });
    for (JobProblem& each : inner) reader.complain("deliver", fmt::format("{}: {}", each.path, each.message));
}

// What is sent has a receipt, or it was not delivered: expected unless the job says it in its own words.
void expect_receipts(Job& job) {
    for (const Expectation& expectation : job.expectations) {
        for (const auto& source : expectation.any_of) {
            if (source->kind() == "delivery") return;
        }
    }
    for (const DeliverySpec& delivery : job.deliveries) {
        auto source = parse_source(json::object{{"delivery", json::object{{"channel", delivery.channel}}}});
        if (!source) continue;
        Expectation expectation;
        expectation.name = "delivery to " + delivery.channel;
        expectation.impact = Impact::kDegraded;
        expectation.any_of.push_back(std::move(*source));
        job.expectations.push_back(std::move(expectation));
    }
}

void check_pattern(JsonReader& reader, std::string_view key, const std::string& pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    RE2 compiled(pattern, options);
    if (!compiled.ok()) reader.complain(key, fmt::format("is no regular expression: {}", compiled.error()));
}

// What does not go together is refused when it is read, not when it is due.
void check_combinations(JsonReader& reader, const Job& job) {
    if (job.is_watched() && !job.deliveries.empty())
        reader.complain("deliver", "is for work that runs here; a watched job sends where it runs");
    if (job.is_watched() && !job.on_event.empty())
        reader.complain("schedule", "on_event starts work; a watched job runs elsewhere");
}

}  // namespace

JobPtr read_job(const json::object& definition, std::string_view tenant, bool is_from_config, Zones& zones,
                std::vector<JobProblem>& problems) {
    size_t before = problems.size();
    auto job = std::make_shared<Job>();
    job->tenant = tenant;
    job->is_from_config = is_from_config;
    job->definition = json::serialize(definition);
    job->revision = hash_of(job->definition);
    JsonReader reader(definition, "", problems);
    reader.text("name", job->name);
    if (!is_name(job->name)) {
        reader.complain("name", fmt::format("is \"{}\", but must be 1 to {} letters, digits, '-', '_' or '.'",
                                            job->name, kNameBytesMax));
    }
    reader.text("description", job->description);
    reader.object("schedule", [&](JsonReader& schedule) { read_schedule(schedule, *job, zones); });
    read_action(reader, *job);
    read_policies(reader, *job);
    reader.list("expect", [&](const json::value& each, const std::string& path) {
        if (job->expectations.size() < kExpectationsMax) return read_expectation(each, path, *job, problems);
        problems.push_back({path, fmt::format("is one too many: a job has at most {}", kExpectationsMax)});
    });
    read_deliveries(reader, *job);
    reader.text("silent_when", job->silent_when);
    check_pattern(reader, "silent_when", job->silent_when);
    check_combinations(reader, *job);
    expect_receipts(*job);
    reader.text("ping_key", job->ping_key);
    if (!job->ping_key.empty() && !is_name(job->ping_key))
        reader.complain("ping_key", "is part of an address: letters, digits, '-', '_' or '.'");
    reader.done();
    if (problems.size() > before) return nullptr;
    return job;
}

}  // namespace nightshift::jobs
