#include "app/gateway_config.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/text.h"
#include "gateway/chain.h"
#include "ingest/pricing.h"
#include "net/client.h"

namespace nightshift::app {
namespace {

using gateway::ProviderSpec;
using gateway::Route;
using gateway::Settings;
using gateway::Target;

constexpr size_t kKeyFileBytesMax = 16u << 10;
constexpr auto kLocalFirstToken = std::chrono::seconds(60);  // a model may have to be loaded first
constexpr auto kLocalAnswer = std::chrono::seconds(300);

// A file that others can read holds no secret.
void read_key_file(ConfigReader& in, const std::string& path, std::vector<Secret>& keys) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        in.complain(fmt::format("key_files: cannot read {}", path));
        return;
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        in.complain(fmt::format("key_files: {} can be read by others; run chmod 600 on it", path));
        return;
    }
    auto text = read_file(path, kKeyFileBytesMax);
    if (!text || trim(*text).empty()) {
        in.complain(fmt::format("key_files: {} holds no key", path));
        return;
    }
    keys.emplace_back(std::string(trim(*text)));
}

bool is_allowed(std::string_view host, const std::vector<std::string>& allowed) {
    return allowed.empty() || std::any_of(allowed.begin(), allowed.end(), [&](const std::string& each) {
               return equals_ignore_case(each, host);
           });
}

void check_provider(ConfigReader& in, const ProviderSpec& provider, const Settings& settings) {
    if (provider.name.empty()) in.complain("a provider needs a name");
    if (settings.find_provider(provider.name) != nullptr)
        in.complain(fmt::format("two providers have the name {}", provider.name));
    if (provider.keys.size() > gateway::kKeysMax)
        in.complain(fmt::format("a provider has at most {} keys", gateway::kKeysMax));
    auto url = net::parse_url(provider.url);
    if (!url || (url->scheme != "http" && url->scheme != "https")) {
        in.complain(
            fmt::format("provider {} needs a url that starts with https:// or http://", provider.name));
        return;
    }
    if (!is_allowed(url->host, settings.allowed_hosts))
        in.complain(fmt::format("provider {} is at {}, which gateway.allowed_hosts does not list",
                                provider.name, url->host));
}

void read_provider(ConfigReader& in, Settings& settings) {
    ProviderSpec provider;
    std::string kind = "openai";
    in.text("name", provider.name);
    in.choice("kind", kind, {"openai", "groq", "cerebras", "openrouter", "anthropic", "ollama"});
    provider.kind = gateway::provider_kind_of(kind).value_or(gateway::ProviderKind::kOpenAi);
    provider.url = gateway::default_base_url(provider.kind);
    in.text("url", provider.url);
    while (provider.url.ends_with('/')) provider.url.pop_back();
    in.secrets("keys", provider.keys);
    std::vector<std::string> files;
    in.texts("key_files", files);
    for (const std::string& file : files) read_key_file(in, file, provider.keys);
    check_provider(in, provider, settings);
    settings.providers.push_back(std::move(provider));
}

void read_timeouts(ConfigReader& in, gateway::Timeouts& timeouts) {
    in.duration("connect", timeouts.connect);
    in.duration("first_token", timeouts.first_token);
    in.duration("idle", timeouts.idle);
    in.duration("answer", timeouts.answer);
    in.duration("total", timeouts.total);
    for (auto each :
         {timeouts.connect, timeouts.first_token, timeouts.idle, timeouts.answer, timeouts.total}) {
        if (each.count() == 0) in.complain("a timeout of nothing lets nobody answer");
    }
}

void read_price(ConfigReader& in, gateway::PriceSpec& price) {
    in.number("input", price.input);
    in.number("output", price.output);
    price.cache_read = price.input;
    price.cache_write = price.input;
    in.number("cache_read", price.cache_read);
    in.number("cache_write", price.cache_write);
    if (in.has("reasoning")) in.number("reasoning", price.reasoning);
    price.is_known = true;
    price.version.clear();
}

gateway::PriceSpec known_price(const Target& target, gateway::ProviderKind kind,
                               const ingest::Pricing& known) {
    gateway::PriceSpec price;
    if (kind == gateway::ProviderKind::kOllama) price.is_known = true;  // our own machine
    if (const ingest::Price* found = known.find(target.model); found != nullptr && !price.is_known) {
        price = {found->input, found->output, found->cache_read, found->cache_write, -1, true, ""};
        if (!found->is_configured) price.version = ingest::kPriceListVersion;
    }
    return price;
}

// A configured price has no version of its own, so it gets one by its numbers.
void set_version(gateway::PriceSpec& price) {
    if (!price.version.empty()) return;
    const std::string numbers = fmt::format("{}/{}/{}/{}/{}", price.input, price.output, price.cache_read,
                                            price.cache_write, price.reasoning);
    price.version = fmt::format("config-{:08x}", XXH32(numbers.data(), numbers.size(), 0));
}

struct Defaults {
    gateway::Timeouts timeouts;
    bool has_timeouts = false;
    ingest::Pricing prices;
};

void read_target(ConfigReader& in, const Defaults& defaults, const Settings& settings, Route& route) {
    Target target;
    std::string provider;
    in.text("provider", provider);
    const ProviderSpec* found = settings.find_provider(provider);
    if (found == nullptr) {
        in.complain(
            fmt::format("route {} names the provider {}, which is not configured", route.name, provider));
        return;
    }
    target.provider = static_cast<size_t>(found - settings.providers.data());
    target.tier = static_cast<int>(route.targets.size());
    target.timeouts = defaults.timeouts;
    if (found->kind == gateway::ProviderKind::kOllama && !defaults.has_timeouts) {
        target.timeouts.first_token = kLocalFirstToken;
        target.timeouts.answer = kLocalAnswer;
    }
    int64_t tier = target.tier;
    int64_t weight = 1;
    in.text("model", target.model);
    in.integer("window", target.window, 0, 1'000'000'000);
    in.integer("output_max_default", target.output_max_default, 0, 100'000'000);
    in.integer("tier", tier, 0, 1'000);
    in.integer("weight", weight, 0, 1'000'000);
    target.tier = static_cast<int>(tier);
    target.weight = static_cast<int>(weight);
    in.section("timeouts", [&](ConfigReader& section) { read_timeouts(section, target.timeouts); });
    if (target.model.empty()) in.complain("a target needs a model");
    if (target.model == "*" && !route.name.ends_with('*'))
        in.complain("the model * is for routes whose name ends in *");
    target.price = known_price(target, found->kind, defaults.prices);
    in.section("price", [&](ConfigReader& section) { read_price(section, target.price); });
    if (target.price.is_known) set_version(target.price);
    route.targets.push_back(std::move(target));
}

void read_route(ConfigReader& in, const Defaults& defaults, Settings& settings) {
    Route route;
    std::string last_resort = "fail";
    int64_t attempts = route.attempts_max;
    in.text("name", route.name);
    in.integer("attempts", attempts, 1, 64);
    in.duration("deadline", route.deadline);
    in.duration("retry_within", route.retry_within);
    in.duration("wait_max", route.wait_max);
    in.choice("last_resort", last_resort, {"fail", "try_all"});
    in.boolean("content_policy_falls_back", route.content_policy_falls_back);
    route.attempts_max = static_cast<int>(attempts);
    if (last_resort == "try_all") route.last_resort = gateway::LastResort::kTryAll;
    if (route.name.empty()) in.complain("a route needs a name");
    for (const Route& other : settings.routes) {
        if (other.name == route.name) in.complain(fmt::format("two routes have the name {}", route.name));
    }
    in.list("targets", [&](ConfigReader& item) { read_target(item, defaults, settings, route); });
    if (route.targets.empty()) in.complain(fmt::format("route {} has no targets", route.name));
    if (route.targets.size() > gateway::kTargetsMax)
        in.complain(fmt::format("a route has at most {} targets", gateway::kTargetsMax));
    route.targets.resize(std::min(route.targets.size(), gateway::kTargetsMax));
    settings.routes.push_back(std::move(route));
}

void read_limit(ConfigReader& in, Settings& settings) {
    using gateway::LimitScope;
    using gateway::LimitWindow;
    gateway::LimitSpec limit;
    std::string scope = "tenant";
    std::string window = "day";
    double usd = 0;
    std::vector<std::string> warn_at;
    in.text("name", limit.name);
    in.choice("scope", scope, {"tenant", "team", "agent", "session"});
    in.text("match", limit.match);
    in.text("model", limit.model);
    in.choice("per", window, {"minute", "hour", "day", "month"});
    in.integer("requests", limit.requests, 0, INT64_MAX / 4);
    in.integer("tokens", limit.tokens, 0, INT64_MAX / 4);
    in.number("usd", usd);
    in.texts("warn_at", warn_at);
    limit.micro_usd = std::llround(std::min(usd, 1e12) * 1e6);
    for (auto each : {LimitScope::kTenant, LimitScope::kTeam, LimitScope::kAgent, LimitScope::kSession}) {
        if (gateway::to_string(each) == scope) limit.scope = each;
    }
    for (auto each : {LimitWindow::kMinute, LimitWindow::kHour, LimitWindow::kDay, LimitWindow::kMonth}) {
        if (gateway::to_string(each) == window) limit.window = each;
    }
    for (const std::string& each : warn_at) {
        auto percent = parse_int(each);
        if (!percent || *percent < 1 || *percent > 100) in.complain("warn_at lists percents from 1 to 100");
        limit.warn_at.push_back(static_cast<int>(percent.value_or(100)));
    }
    std::sort(limit.warn_at.begin(), limit.warn_at.end());
    if (limit.name.empty()) in.complain("a limit needs a name");
    if (limit.requests == 0 && limit.tokens == 0 && limit.micro_usd == 0)
        in.complain("a limit needs requests, tokens or usd");
    for (const auto& other : settings.limits) {
        if (other.name == limit.name) in.complain(fmt::format("two limits have the name {}", limit.name));
    }
    settings.limits.push_back(std::move(limit));
}

void read_loops(ConfigReader& in, gateway::LoopOptions& loops) {
    using gateway::LoopAction;
    std::string response = "annotate";
    int64_t storm = static_cast<int64_t>(loops.storm_requests);
    in.choice("response", response, {"off", "observe", "annotate", "throttle", "stop"});
    in.texts("polls", loops.polls);
    in.integer("storm_requests", storm, 2, 32);
    in.duration("storm_window", loops.storm_window);
    loops.storm_requests = static_cast<size_t>(storm);
    loops.most = response == "off" ? LoopAction::kNone : LoopAction::kAnnotate;
    for (auto each : {LoopAction::kObserve, LoopAction::kThrottle, LoopAction::kStop}) {
        if (gateway::to_string(each) == response) loops.most = each;
    }
}

void read_export(ConfigReader& in, gateway::ExportSpec& spec) {
    std::map<std::string, std::string> headers;
    in.text("url", spec.url);
    in.texts_by_name("headers", headers);
    in.duration("every", spec.every);
    in.boolean("spans", spec.spans);
    in.boolean("metrics", spec.metrics);
    for (auto& [name, value] : headers) spec.headers[name] = Secret(std::move(value));
    while (spec.url.ends_with('/')) spec.url.pop_back();
    auto url = net::parse_url(spec.url);
    if (!url || (url->scheme != "http" && url->scheme != "https"))
        in.complain("export needs the url of an OTLP collector, such as http://127.0.0.1:4318");
    if (spec.every.count() == 0) in.complain("export.every must be longer than nothing");
}

std::vector<ingest::Price> price_list(const std::vector<PriceConfig>& prices) {
    std::vector<ingest::Price> list;
    for (const PriceConfig& each : prices)
        list.push_back({each.model, each.input, each.output, each.cache_read, each.cache_write});
    return list;
}

}  // namespace

void read_gateway(ConfigReader& in, const std::vector<PriceConfig>& prices, Settings& settings) {
    settings.is_enabled = true;
    in.texts("allowed_hosts", settings.allowed_hosts);
    Defaults defaults{
        .timeouts = {}, .has_timeouts = in.has("timeouts"), .prices = ingest::Pricing(price_list(prices))};
    in.section("timeouts", [&](ConfigReader& section) { read_timeouts(section, defaults.timeouts); });
    in.list("providers", [&](ConfigReader& item) { read_provider(item, settings); });
    in.list("routes", [&](ConfigReader& item) { read_route(item, defaults, settings); });
    in.list("limits", [&](ConfigReader& item) { read_limit(item, settings); });
    in.section("loops", [&](ConfigReader& section) { read_loops(section, settings.loops); });
    in.duration("probe_idle", settings.probe_idle);
    in.section("export", [&](ConfigReader& section) { read_export(section, settings.export_to); });
    in.texts_by_name("teams", settings.teams);
    gateway::number_lanes(settings);
    gateway::set_deadlines(settings);
}

}  // namespace nightshift::app
