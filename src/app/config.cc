#include "app/config.h"

#include <cstdlib>

#include "app/config_reader.h"
#include "base/file.h"

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
    in->done();
    return reading;
}

Result<Config> load_config(const std::filesystem::path& path) {
    if (path.empty()) return Config{};
    NS_TRY(std::string yaml, read_file(path, 1u << 20));
    ConfigReading reading = read_config(yaml, [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    });
    if (reading.problems.empty()) return std::move(reading.config);
    std::string message = fmt::format("{} has {} problem(s):", path.native(), reading.problems.size());
    for (const ConfigProblem& each : reading.problems) {
        message += fmt::format("\n  {}:{}:{}: {}", path.native(), each.line, each.column, each.message);
    }
    return fail(Code::kInvalid, "{}", message);
}

}  // namespace nightshift::app
