#include "app/probe_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/redact.h"
#include "base/text.h"
#include "health/judge.h"
#include "health/limits.h"
#include "jobs/words.h"
#include "net/client.h"
#include "net/server.h"

namespace nightshift::app {
namespace {

namespace json = boost::json;
using health::CommandQuestion;
using health::Expectation;
using health::HttpQuestion;
using health::JsonCondition;
using health::TcpQuestion;

// The mapping as JSON, with ${NAME} as written.
json::object as_json(ConfigReader& in) {
    json::error_code error;
    json::value parsed = json::parse(in.json(), error);
    return error || !parsed.is_object() ? json::object() : std::move(parsed.get_object());
}

// A text, or a list of them.
void read_one_or_more(ConfigReader& in, std::string_view key, std::vector<std::string>& values) {
    if (in.is_list(key)) return in.texts(key, values);
    if (!in.has(key)) return;
    std::string one;
    in.text(key, one);
    values = {one};
}

// Names with values. What comes from the environment may not be shown, and what looks like a secret must come
// from there.
void read_secrets_by_name(ConfigReader& in, std::string_view key, std::map<std::string, Secret>& values,
                          std::vector<Secret>& hidden) {
    in.section(key, [&](ConfigReader& section) {
        for (const auto& member : as_json(section)) {
            std::string name(member.key());
            std::string value;
            section.text(name, value);
            const json::string* written = member.value().if_string();
            bool is_from_elsewhere = written != nullptr && written->find("${") != json::string::npos;
            if (!is_from_elsewhere && is_secret_member(name, value))
                section.complain_at(name,
                                    "a secret must not stand in the file: write ${NAME} and set NAME in the "
                                    "environment");
            if (value.find_first_of("\r\n") != std::string::npos)
                section.complain_at(name, "has a line break");
            if (is_from_elsewhere) hidden.emplace_back(value);
            values[name] = Secret(std::move(value));
        }
    });
}

std::optional<JsonCondition> condition_at(ConfigReader& in, std::string_view key) {
    bool is_short = !key.starts_with('$');
    std::string path =
        is_short ? fmt::format("${}{}", key.starts_with('[') ? "" : ".", key) : std::string(key);
    Result<JsonPath> parsed = JsonPath::parse(path);
    if (!parsed) {
        in.complain(parsed.error().message);
        return std::nullopt;
    }
    return JsonCondition{.path = std::move(*parsed)};
}

// {min: 1, max: 100}; anything else is compared as it is.
bool read_bounds(const json::value& value, JsonCondition& condition) {
    if (!value.is_object() || value.get_object().empty()) return false;
    for (const auto& member : value.get_object()) {
        bool is_bound = (member.key() == "min" || member.key() == "max") && member.value().is_number();
        if (!is_bound) return false;
        (member.key() == "min" ? condition.min : condition.max) = member.value().to_number<double>();
    }
    return true;
}

void read_json_conditions(ConfigReader& in, Expectation& expect) {
    in.section("json", [&](ConfigReader& section) {
        for (const auto& member : as_json(section)) {
            auto condition = condition_at(section, member.key());
            if (!condition) continue;
            if (!read_bounds(member.value(), *condition)) condition->equals = json::serialize(member.value());
            expect.json.push_back(std::move(*condition));
        }
    });
    std::map<std::string, std::string> ages;
    in.texts_by_name("max_age", ages);
    for (const auto& [key, text] : ages) {
        auto condition = condition_at(in, key);
        auto age = jobs::parse_duration(text);
        if (!age) in.complain_at("max_age", fmt::format("{} is no length of time; 10m is one", text));
        if (!condition || !age) continue;
        condition->age_max = std::chrono::duration_cast<seconds>(*age);
        expect.json.push_back(std::move(*condition));
    }
}

void read_status(ConfigReader& in, std::vector<int>& status) {
    std::vector<std::string> texts;
    read_one_or_more(in, "status", texts);
    for (const std::string& each : texts) {
        auto number = parse_uint(each);
        if (!number || *number < 100 || *number > 599)
            in.complain_at("status", fmt::format("{:.40} must be a number from 100 to 599", each));
        if (number) status.push_back(static_cast<int>(*number));
    }
}

void check_conditions(ConfigReader& in, const Expectation& expect) {
    if (expect.contains.size() + expect.json.size() > health::kConditionsMax)
        in.complain(fmt::format("expects more than {} things", health::kConditionsMax));
    for (const std::string& each : expect.contains) {
        if (each.empty()) in.complain_at("contains", "an empty text is in every answer");
    }
}

HttpQuestion read_http(ConfigReader& in) {
    HttpQuestion http;
    std::string method = "GET";
    in.text("url", http.url);
    in.choice("method", method, {"GET", "HEAD", "POST", "PUT"});
    if (method == "HEAD") http.method = net::Method::kHead;
    if (method == "POST") http.method = net::Method::kPost;
    if (method == "PUT") http.method = net::Method::kPut;
    in.text("body", http.body);
    read_secrets_by_name(in, "headers", http.headers, http.hidden);
    in.section("expect", [&](ConfigReader& section) {
        read_status(section, http.expect.status);
        read_one_or_more(section, "contains", http.expect.contains);
        read_json_conditions(section, http.expect);
        check_conditions(section, http.expect);
        if (http.method == net::Method::kHead && http.expect.looks_inside())
            section.complain("never holds: the answer to HEAD has no body");
    });
    Result<net::Url> url = net::parse_url(http.url);
    if (!url) in.complain_at("url", url.error().message);
    if (url && url->scheme != "http" && url->scheme != "https")
        in.complain_at("url", "starts with http:// or https://");
    return http;
}

TcpQuestion read_tcp(ConfigReader& in) {
    std::string text;
    in.text("tcp", text);
    Result<net::Address> address = net::parse_address(text);
    if (!address) {
        in.complain_at("tcp", address.error().message);
        return {};
    }
    return {address->host, address->port};
}

// The command with what stands beside it.
CommandQuestion read_command(ConfigReader& in) {
    CommandQuestion command;
    in.literals("command", command.argv);
    // A line is the shell's, which also replaces ${NAME} in it.
    if (!in.is_list("command")) command.argv.insert(command.argv.begin(), {"/bin/sh", "-c"});
    in.text("folder", command.folder);
    read_secrets_by_name(in, "environment", command.environment, command.hidden);
    in.section("expect", [&](ConfigReader& section) {
        read_one_or_more(section, "contains", command.expect.contains);
        check_conditions(section, command.expect);
    });
    if (in.has("command")) {
        bool is_empty = command.argv.empty() || command.argv.back().empty();
        if (is_empty) in.complain_at("command", "names no program");
        return command;
    }
    for (std::string_view key : {"folder", "environment", "expect"}) {
        if (in.has(key))
            in.complain_at(key, key == "expect" ? "stands beside command; of http it stands inside"
                                                : "stands beside command");
    }
    return command;
}

// By which of the keys is there.
void read_question(ConfigReader& in, health::Question& question) {
    HttpQuestion http;
    bool is_http = in.has("http");
    in.section("http", [&](ConfigReader& section) { http = read_http(section); });
    int kinds = (is_http ? 1 : 0) + (in.has("tcp") ? 1 : 0) + (in.has("command") ? 1 : 0);
    if (kinds != 1) in.complain("a probe asks in one way: http, tcp or command");
    if (is_http) question = std::move(http);
    if (in.has("tcp")) question = read_tcp(in);
    CommandQuestion command = read_command(in);
    if (in.has("command")) question = std::move(command);
}

// "2 of 3", or "2": in a row.
void read_fail_after(ConfigReader& in, health::Policy& policy) {
    if (!in.has("fail_after")) return;
    std::string text;
    in.text("fail_after", text);
    size_t of = text.find(" of ");
    auto bad = parse_uint(trim(text.substr(0, of)));
    auto looks = of == std::string::npos ? bad : parse_uint(trim(text.substr(of + 4)));
    if (!bad || !looks || *bad < 1 || *bad > *looks || *looks > health::kLooksMax)
        return in.complain_at(
            "fail_after",
            fmt::format("must be bad looks of the last ones, such as 2 of 3; at most {}", health::kLooksMax));
    policy.bad_min = static_cast<int>(*bad);
    policy.looks = static_cast<int>(*looks);
}

void read_policy(ConfigReader& in, health::Policy& policy) {
    in.duration("every", policy.every);
    if (policy.every < health::kEveryMin || policy.every > health::kEveryMax)
        in.complain_at("every", "is between 1s and 7d");
    policy.timeout = std::min<milliseconds>(policy.timeout, policy.every);
    in.duration("timeout", policy.timeout);
    if (policy.timeout < milliseconds(100) ||
        policy.timeout > std::min<milliseconds>(policy.every, health::kTimeoutMax))
        in.complain_at("timeout", "is between 100ms and 60s, and not longer than every");
    policy.stale_after = 3 * policy.every;
    in.duration("stale_after", policy.stale_after);
    if (policy.stale_after <= policy.every) in.complain_at("stale_after", "must be longer than every");
    read_fail_after(in, policy);
    int64_t good = policy.good_min;
    in.integer("pass_after", good, 1, health::kLooksMax);
    policy.good_min = static_cast<int>(good);
}

void read_subject(ConfigReader& in, health::Subject& subject) {
    if (!in.has("subject")) return;
    std::string text;
    in.text("subject", text);
    size_t space = text.find(' ');
    const std::vector<std::string_view>& kinds = health::subject_kinds();
    health::Subject read{text.substr(0, space),
                         space == std::string::npos ? "" : std::string(trim(text.substr(space)))};
    if (read.name.empty() || std::find(kinds.begin(), kinds.end(), read.kind) == kinds.end())
        return in.complain_at("subject",
                              fmt::format("must be a kind and a name, such as job backup; kinds are {}",
                                          fmt::join(kinds, ", ")));
    subject = std::move(read);
}

// Labels of its alerts; those that say which probe it is and how it stands are ours.
void read_probe_labels(ConfigReader& in, Labels& labels) {
    std::map<std::string, std::string> given;
    in.texts_by_name("labels", given);
    std::set<std::string_view> ours{"alertname", "severity", "probe", "state", "last"};
    ours.insert(health::subject_kinds().begin(), health::subject_kinds().end());
    for (const auto& [name, value] : given) {
        if (ours.contains(name))
            in.complain_at("labels", fmt::format("the label {} is not yours to give", name));
        labels.set(name, value);
    }
}

}  // namespace

void read_probe(ConfigReader& in, Config& config, std::vector<ConfigProblem>& warnings) {
    auto probe = std::make_shared<health::ProbeSpec>();
    in.text("name", probe->name);
    in.text("description", probe->description);
    read_question(in, probe->question);
    read_policy(in, probe->policy);
    read_subject(in, probe->subject);
    read_probe_labels(in, probe->labels);
    if (probe->name.empty() || probe->name.size() > health::kNameBytesMax || !is_valid_utf8(probe->name))
        in.complain(fmt::format("a probe needs a name of at most {} bytes", health::kNameBytesMax));
    for (const health::ProbePtr& other : config.probes) {
        if (other->name == probe->name) in.complain(fmt::format("two probes have the name {}", probe->name));
    }
    if (config.probes.size() == health::kProbesMax)
        in.complain(fmt::format("more than {} probes", health::kProbesMax));
    std::string_view weakness = health::weakness(probe->question);
    if (!weakness.empty()) {
        bool is_tcp = std::holds_alternative<TcpQuestion>(probe->question);
        warnings.push_back(in.remark(fmt::format(
            "probe {} {}; {}", probe->name, weakness,
            is_tcp ? "http and command can ask for more" : "expect says what the answer must hold")));
    }
    config.probes.push_back(std::move(probe));
}

}  // namespace nightshift::app
