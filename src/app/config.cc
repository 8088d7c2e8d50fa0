#include "app/config.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>

#include "app/alert_config.h"
#include "app/config_reader.h"
#include "app/gateway_config.h"
#include "app/incident_config.h"
#include "app/probe_config.h"
#include "base/file.h"
#include "base/log.h"
#include "delivery/service.h"
#include "jobs/agent_json.h"
#include "jobs/job_json.h"

namespace nightshift::app {
namespace {

void read_server(ConfigReader& in, Config::Server& server) {
    in.text("listen", server.listen);
    in.text("otlp", server.otlp);
    if (server.otlp == "off") server.otlp.clear();
    in.texts("allowed_hosts", server.allowed_hosts);
    in.integer("threads", server.threads, 0, 64);
}

void read_log(ConfigReader& in, log::Options& options) {
    std::string level = "info";
    in.choice("level", level, {"debug", "info", "warn", "error"});
    if (level == "debug") options.level = log::Level::kDebug;
    if (level == "warn") options.level = log::Level::kWarn;
    if (level == "error") options.level = log::Level::kError;
    in.text("file", options.path);
}

void read_recorder(ConfigReader& in, Config::Recorder& recorder) {
    in.duration("retain", recorder.retain);
    in.bytes("retain_size", recorder.retain_size);
    in.bytes("keep_free", recorder.keep_free);
    in.boolean("keep_content", recorder.keep_content);
    in.duration("retain_content", recorder.retain_content);
}

PriceConfig read_price(ConfigReader& in) {
    PriceConfig price;
    in.text("model", price.model);
    in.number("input", price.input);
    in.number("output", price.output);
    in.number("cache_read", price.cache_read);
    in.number("cache_write", price.cache_write);
    if (price.model.empty()) in.complain("a price needs a model");
    return price;
}

OpenClawConfig read_openclaw(ConfigReader& in) {
    OpenClawConfig source;
    in.text("name", source.name);
    in.text("url", source.url);
    in.secret("token", source.token);
    in.text("tenant", source.tenant);
    if (source.url.empty()) in.complain("an OpenClaw source needs a url, such as ws://127.0.0.1:18789");
    if (!source.url.starts_with("ws://") && !source.url.starts_with("wss://") && !source.url.empty()) {
        in.complain("the url of an OpenClaw source starts with ws:// or wss://");
    }
    return source;
}

void read_sources(ConfigReader& in, Config::Sources& sources) {
    in.list("openclaw", [&](ConfigReader& item) {
        OpenClawConfig source = read_openclaw(item);
        if (source.name.empty()) {
            source.name =
                sources.openclaw.empty() ? "main" : fmt::format("gateway{}", sources.openclaw.size() + 1);
        }
        for (const OpenClawConfig& other : sources.openclaw) {
            if (other.name == source.name)
                item.complain(fmt::format("two sources have the name {}", source.name));
        }
        sources.openclaw.push_back(std::move(source));
    });
}

void read_fleet(ConfigReader& in, Config::Fleet& fleet) {
    in.choice("response", fleet.response, {"observe", "tell", "abort"});
    in.integer("loop_repeats", fleet.loop_repeats, 3, 1000);
    in.duration("stalled_after", fleet.stalled_after);
}

void complain_of(ConfigReader& in, const std::vector<jobs::JobProblem>& problems) {
    for (const jobs::JobProblem& each : problems) in.complain_at(each.path, each.message);
}

// The definition as JSON; jobs/ reads jobs from there, wherever they come from.
boost::json::object definition_of(ConfigReader& in) {
    boost::system::error_code error;
    boost::json::value parsed = boost::json::parse(in.json(), error);
    if (error || !parsed.is_object()) {
        in.complain("cannot be read");
        return {};
    }
    return parsed.get_object();
}

void read_job(ConfigReader& in, Config& config) {
    boost::json::object definition = definition_of(in);
    std::string tenant = "default";
    if (const auto* given = definition.if_contains("tenant"); given && given->is_string())
        tenant = std::string(given->get_string());
    definition.erase("tenant");
    std::vector<jobs::JobProblem> problems;
    jobs::JobPtr job = jobs::read_job(definition, tenant, true, *config.zones, problems);
    complain_of(in, problems);
    if (!job) return;
    for (const jobs::JobPtr& other : config.jobs) {
        if (other->tenant == job->tenant && other->name == job->name)
            in.complain(fmt::format("two jobs have the name {}", job->name));
        if (!job->ping_key.empty() && other->ping_key == job->ping_key)
            in.complain(fmt::format("jobs {} and {} have the same ping_key", other->name, job->name));
    }
    config.jobs.push_back(std::move(job));
}

void read_agent(ConfigReader& in, Config& config) {
    std::vector<jobs::JobProblem> problems;
    auto agent = jobs::read_agent(definition_of(in), problems);
    complain_of(in, problems);
    if (!agent) return;
    for (const jobs::AgentSpec& other : config.agents) {
        if (other.name == agent->name) in.complain(fmt::format("two agents have the name {}", agent->name));
    }
    config.agents.push_back(std::move(*agent));
}

void read_channel(ConfigReader& in, Config& config) {
    delivery::ChannelSpec channel;
    std::string kind;
    std::string url;
    in.text("name", channel.name);
    in.choice("kind", kind,
              {"telegram", "slack", "slack_webhook", "discord", "email", "ntfy", "webhook", "pagerduty"});
    channel.kind = delivery::parse_kind(kind).value_or(delivery::Kind::kWebhook);
    in.text("url", url);
    channel.url = Secret(url);
    in.secret("token", channel.token);
    in.text("target", channel.target);
    in.texts_by_name("options", channel.options);
    bool resend = false;
    if (in.has("resend_unknown")) {
        in.boolean("resend_unknown", resend);
        channel.resend_unknown = resend;
    }
    if (auto checked = delivery::check_channel(channel); !checked) in.complain(checked.error().message);
    for (const delivery::ChannelSpec& other : config.channels) {
        if (other.name == channel.name)
            in.complain(fmt::format("two channels have the name {}", channel.name));
    }
    config.channels.push_back(std::move(channel));
}

// What jobs say of other sections.
void check_channels_of_jobs(ConfigReader& in, const Config& config) {
    for (const jobs::JobPtr& job : config.jobs) {
        for (const jobs::DeliverySpec& delivery : job->deliveries) {
            bool is_known =
                std::any_of(config.channels.begin(), config.channels.end(),
                            [&](const auto& channel) { return channel.name == delivery.channel; });
            if (!is_known)
                in.complain(fmt::format("job {} delivers to channel {}, which is not configured", job->name,
                                        delivery.channel));
        }
    }
}

void check_policies_of_routes(ConfigReader& in, const Config& config, const alerts::Route& route) {
    const std::string& policy = route.options.policy;
    if (!policy.empty() && !config.incidents.named_policies.contains(policy))
        in.complain(fmt::format("route {} names policy {}, which is not under incidents.policies", route.name,
                                policy));
    for (const alerts::Route& branch : route.branches) check_policies_of_routes(in, config, branch);
}

// The name of the OpenClaw gateway that an action needs; nothing: it needs none.
std::optional<std::string> gateway_of(const jobs::Job& job) {
    if (const auto* agent = std::get_if<jobs::AgentAction>(&job.action)) return agent->source;
    if (const auto* run = std::get_if<jobs::CronRunAction>(&job.action)) return run->source;
    const auto* watch = std::get_if<jobs::WatchAction>(&job.action);
    if (watch != nullptr && !watch->openclaw_id.empty()) return watch->openclaw_source;
    return std::nullopt;
}

void check_gateways_of_jobs(ConfigReader& in, const Config& config) {
    const std::vector<OpenClawConfig>& known = config.sources.openclaw;
    for (const jobs::JobPtr& job : config.jobs) {
        std::optional<std::string> wanted = gateway_of(*job);
        if (!wanted) continue;
        auto fits = std::count_if(known.begin(), known.end(), [&](const OpenClawConfig& each) {
            return each.tenant == job->tenant && (wanted->empty() || each.name == *wanted);
        });
        if (fits == 1) continue;
        in.complain(wanted->empty()
                        ? fmt::format("job {} must name its source: {} gateways of its tenant are under "
                                      "sources.openclaw",
                                      job->name, fits)
                        : fmt::format("job {} names source {}, which is not under sources.openclaw",
                                      job->name, *wanted));
    }
}

}  // namespace

ConfigReading read_config(std::string_view yaml, const Environment& environment) {
    ConfigReading reading;
    Config& config = reading.config;
    auto in = ConfigReader::parse(yaml, environment, reading.problems);
    in->section("server", [&](ConfigReader& section) { read_server(section, config.server); });
    in->section("auth", [&](ConfigReader& section) {
        section.boolean("anonymous_ingest", config.auth.anonymous_ingest);
    });
    in->section("log", [&](ConfigReader& section) { read_log(section, config.log); });
    in->section("recorder", [&](ConfigReader& section) { read_recorder(section, config.recorder); });
    in->section("redact", [&](ConfigReader& section) { section.boolean("email", config.redact.email); });
    in->list("prices", [&](ConfigReader& item) { config.prices.push_back(read_price(item)); });
    in->section("sources", [&](ConfigReader& section) { read_sources(section, config.sources); });
    in->section("fleet", [&](ConfigReader& section) { read_fleet(section, config.fleet); });
    config.zones = std::make_shared<jobs::Zones>();
    config.alerts = default_alerts();
    in->section("alerts", [&](ConfigReader& section) { read_alerts(section, config); });
    in->section("runs", [&](ConfigReader& section) {
        section.integer("at_once", config.runs.at_once, 1, 100'000);
        section.integer("catch_up_at_once", config.runs.catch_up_at_once, 1, 10'000);
        section.number("catch_up_cost", config.runs.catch_up_cost);
        section.duration("keep", config.runs.keep);
        section.duration("keep_output", config.runs.keep_output);
    });
    in->list("channels", [&](ConfigReader& item) { read_channel(item, config); });
    in->list("jobs", [&](ConfigReader& item) { read_job(item, config); });
    in->list("agents", [&](ConfigReader& item) { read_agent(item, config); });
    in->section("gateway",
                [&](ConfigReader& section) { read_gateway(section, config.prices, config.gateway); });
    in->section("incidents", [&](ConfigReader& section) { read_incidents(section, config); });
    in->list("probes", [&](ConfigReader& item) { read_probe(item, config, reading.warnings); });
    check_policies_of_routes(*in, config, config.alerts.root);
    check_channels_of_jobs(*in, config);
    check_gateways_of_jobs(*in, config);
    in->done();
    return reading;
}

Result<Config> load_config(const std::filesystem::path& path) {
    if (path.empty()) return read_config("", {}).config;
    NS_TRY(std::string yaml, read_file(path, 1u << 20));
    ConfigReading reading = read_config(yaml, [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    });
    for (const ConfigProblem& each : reading.warnings)
        log::warn("app", "{}:{}:{}: {}", path.native(), each.line, each.column, each.message);
    if (reading.problems.empty()) return std::move(reading.config);
    std::string message = fmt::format("{} has {} problem(s):", path.native(), reading.problems.size());
    for (const ConfigProblem& each : reading.problems) {
        message += fmt::format("\n  {}:{}:{}: {}", path.native(), each.line, each.column, each.message);
    }
    return fail(Code::kInvalid, "{}", message);
}

}  // namespace nightshift::app
