#include "app/incident_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/alert_config.h"
#include "app/runbook_config.h"
#include "base/text.h"
#include "incidents/limits.h"

namespace nightshift::app {
namespace {

using incidents::EscalationPolicy;
using incidents::EscalationStep;

void check_channel(ConfigReader& in, const Config& config, const std::string& name) {
    bool is_known = std::any_of(config.channels.begin(), config.channels.end(),
                                [&](const delivery::ChannelSpec& each) { return each.name == name; });
    if (!is_known) in.complain(fmt::format("channel {} is not configured", name));
}

EscalationStep read_step(ConfigReader& in, const Config& config) {
    EscalationStep step;
    in.texts("notify", step.channels);
    in.duration("wait", step.wait);
    if (step.channels.empty()) in.complain("a step of an escalation names the channels under notify");
    for (const std::string& each : step.channels) check_channel(in, config, each);
    if (step.wait < seconds(10)) in.complain("wait is at least 10s");
    return step;
}

void read_policy(ConfigReader& in, std::string_view key, Severity severity, const Config& config,
                 std::map<Severity, EscalationPolicy>& policies) {
    if (!in.has(key)) return;
    std::vector<EscalationStep> steps;
    in.list(key, [&](ConfigReader& item) { steps.push_back(read_step(item, config)); });
    policies[severity] = incidents::default_policy(severity, std::move(steps));
}

void read_named_policy(ConfigReader& in, const Config& config, incidents::Settings& settings) {
    std::string name;
    in.text("name", name);
    std::vector<EscalationStep> steps;
    in.list("steps", [&](ConfigReader& item) { steps.push_back(read_step(item, config)); });
    if (name.empty()) in.complain("a policy needs a name");
    EscalationPolicy policy = incidents::default_policy(Severity::kCritical, std::move(steps));
    in.duration("repeat", policy.repeat);
    in.duration("renotify", policy.renotify);
    int64_t repeats = policy.repeats_max;
    in.integer("repeats", repeats, 0, incidents::kRepeatsMax);
    policy.repeats_max = static_cast<int>(repeats);
    settings.named_policies.emplace(name, std::move(policy));
}

// The short form: critical and warning go to these channels, one after the other when nobody answers.
void read_notify(ConfigReader& in, const Config& config, std::map<Severity, EscalationPolicy>& policies) {
    std::vector<std::string> channels;
    in.texts("notify", channels);
    std::vector<EscalationStep> steps;
    for (const std::string& each : channels) {
        check_channel(in, config, each);
        steps.push_back({{each}, std::chrono::minutes(15)});
    }
    if (steps.empty()) return;
    policies[Severity::kCritical] = incidents::default_policy(Severity::kCritical, steps);
    policies[Severity::kWarning] = incidents::default_policy(Severity::kWarning, {steps.front()});
}

void read_stakes(ConfigReader& in, Config& config) {
    StakesRule rule;
    read_matchers(in, "match", rule.matchers);
    std::string impact;
    std::string owner;
    std::string customers;
    in.choice("impact", impact, {"", "blocking", "degraded", "enhancement"});
    in.text("owner", owner);
    in.text("customers", customers);
    rule.stakes.impact = impact;
    rule.stakes.owner = owner;
    rule.stakes.customers = customers;
    if (in.has("redundancy")) {
        int64_t redundancy = 0;
        in.integer("redundancy", redundancy, 0, 100);
        rule.stakes.redundancy = static_cast<int>(redundancy);
    }
    if (rule.matchers.empty()) in.complain("stakes need match: which alerts they are about");
    config.stakes.push_back(std::move(rule));
}

void read_dead_man(ConfigReader& in, Config& config) {
    in.text("channel", config.dead_man.channel);
    in.duration("every", config.dead_man.every);
    check_channel(in, config, config.dead_man.channel);
    if (config.dead_man.every < seconds(60)) in.complain("every is at least 60s");
}

void read_nodes(ConfigReader& in, NodesConfig& nodes) {
    in.text("name", nodes.name);
    in.duration("wait", nodes.wait);
    in.list("others", [&](ConfigReader& item) {
        NodesConfig::Other other;
        item.text("name", other.name);
        item.text("url", other.url);
        item.secret("token", other.token);
        while (other.url.ends_with('/')) other.url.pop_back();
        bool is_http = other.url.starts_with("http://") || other.url.starts_with("https://");
        if (!is_http) item.complain("another node has a url that starts with http:// or https://");
        if (other.name.empty() || other.name == nodes.name) item.complain("each node has a name of its own");
        nodes.others.push_back(std::move(other));
    });
    if (nodes.name.empty()) in.complain("name says which of the nodes this one is");
    if (nodes.wait < seconds(5) || nodes.wait > seconds(300)) in.complain("wait is between 5s and 5m");
}

}  // namespace

void read_incidents(ConfigReader& in, Config& config) {
    incidents::Settings& settings = config.incidents;
    read_notify(in, config, settings.policies);
    in.section("escalation", [&](ConfigReader& section) {
        read_policy(section, "critical", Severity::kCritical, config, settings.policies);
        read_policy(section, "warning", Severity::kWarning, config, settings.policies);
        read_policy(section, "info", Severity::kInfo, config, settings.policies);
    });
    in.list("policies", [&](ConfigReader& item) { read_named_policy(item, config, settings); });
    in.section("update_every", [&](ConfigReader& section) {
        section.duration("critical", settings.intervals.critical);
        section.duration("warning", settings.intervals.warning);
        section.duration("info", settings.intervals.info);
    });
    in.section("quiet_hours", [&](ConfigReader& section) {
        read_weekly(section, *config.zones, config.quiet_hours, config.quiet_zone);
    });
    in.list("stakes", [&](ConfigReader& item) { read_stakes(item, config); });
    in.section("dead_man", [&](ConfigReader& section) { read_dead_man(section, config); });
    in.section("nodes", [&](ConfigReader& section) { read_nodes(section, config.nodes); });
    in.list("runbooks", [&](ConfigReader& item) { read_runbook(item, config); });
    in.text("url", settings.url);
    while (settings.url.ends_with('/')) settings.url.pop_back();
    bool is_http = settings.url.starts_with("http://") || settings.url.starts_with("https://");
    if (!settings.url.empty() && !is_http) in.complain_at("url", "url starts with http:// or https://");
    std::chrono::seconds keep = settings.keep;
    in.duration("keep", keep);
    settings.keep = std::chrono::ceil<std::chrono::hours>(keep);
}

}  // namespace nightshift::app
