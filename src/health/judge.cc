#include "health/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/redact.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "health/limits.h"

namespace nightshift::health {
namespace {

namespace json = boost::json;

// So much is redacted before it is cut: half a secret may not look like one.
constexpr size_t kLookedThrough = 4'096;

const Redactor& redactor() {
    static const Redactor kRedactor;
    return kRedactor;
}

bool is_expected(int status, const Expectation& expected) {
    if (expected.status.empty()) return status >= 200 && status < 300;
    return std::find(expected.status.begin(), expected.status.end(), status) != expected.status.end();
}

std::string status_words(const Expectation& expected) {
    return expected.status.empty() ? "2xx" : fmt::format("{}", fmt::join(expected.status, " or "));
}

// Numbers are the same whatever their JSON type.
bool is_same(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
    return a == b;
}

// One condition on what its path leads to: what is wrong, or what was seen.
struct Seen {
    bool is_good = false;
    std::string says;
};

Seen judge_age(const JsonCondition& condition, const json::value& value, std::string_view shown, Time now) {
    std::optional<Time> time;
    if (value.is_string()) time = parse_timestamp(std::string_view(value.get_string()));
    if (value.is_number()) time = timestamp_of_number(value.to_number<double>());
    const std::string& path = condition.path.text();
    if (!time) return {false, fmt::format("{} is {}, which is no time", path, shown)};
    auto age = std::chrono::duration_cast<seconds>(now - *time);
    bool is_good = now - *time <= *condition.age_max;
    return {is_good, fmt::format("{} is {} s old{}", path, age.count(),
                                 is_good ? "" : fmt::format(", more than {} s", condition.age_max->count()))};
}

Seen judge_number(const JsonCondition& condition, std::optional<double> number, std::string_view shown) {
    const std::string& path = condition.path.text();
    if (!number) return {false, fmt::format("{} is {}, which is no number", path, shown)};
    if (condition.min && *number < *condition.min)
        return {false, fmt::format("{} is {}, less than {}", path, shown, *condition.min)};
    if (condition.max && *number > *condition.max)
        return {false, fmt::format("{} is {}, more than {}", path, shown, *condition.max)};
    return {true, fmt::format("{} is {}", path, shown)};
}

Seen judge_value(const JsonCondition& condition, const JsonPath::Found& found, Time now) {
    json::value length(found.length);
    const json::value& value = found.value != nullptr ? *found.value : length;
    std::string shown = quote(json::serialize(value));
    if (condition.age_max) return judge_age(condition, value, shown, now);
    if (condition.min || condition.max) {
        std::optional<double> number;
        if (value.is_number()) number = value.to_number<double>();
        return judge_number(condition, number, shown);
    }
    bool is_good = is_same(value, json::parse(condition.equals));
    return {is_good, fmt::format("{} is {}{}", condition.path.text(), shown,
                                 is_good ? "" : ", not " + quote(condition.equals))};
}

// Of a path that leads to many places all must be as expected.
Seen judge_condition(const JsonCondition& condition, const json::value& document, Time now) {
    std::vector<JsonPath::Found> found = condition.path.find(document);
    Seen seen{false, fmt::format("there is no {}", condition.path.text())};
    for (const JsonPath::Found& each : found) {
        seen = judge_value(condition, each, now);
        if (!seen.is_good) break;
    }
    return seen;
}

Judgement judge_json(const Answer& answer, const Expectation& expected, const std::string& begin, Time now) {
    json::error_code error;
    json::value document = json::parse(to_valid_utf8(answer.body), error);
    if (error) return {Outcome::kBad, fmt::format("{}, but not in JSON: {}", begin, quote(answer.body))};
    std::string says = begin;
    for (const JsonCondition& condition : expected.json) {
        Seen seen = judge_condition(condition, document, now);
        if (!seen.is_good)
            return {Outcome::kBad, fmt::format("{}, but {}: {}", begin, seen.says, quote(answer.body))};
        says += ", " + seen.says;
    }
    return {Outcome::kGood, std::move(says)};
}

Judgement judge_answer(const Answer& answer, const Expectation& expected, Time now) {
    std::string begin = answer.says;
    if (answer.status) begin += fmt::format(" {}", *answer.status);
    if (answer.status && !is_expected(*answer.status, expected)) {
        std::string rest = answer.body.empty() ? "" : ": " + quote(answer.body);
        return {Outcome::kBad, fmt::format("{}, not {}{}", begin, status_words(expected), rest)};
    }
    for (const std::string& wanted : expected.contains) {
        if (answer.body.find(wanted) != std::string::npos) continue;
        return {Outcome::kBad,
                fmt::format("{}, but without \"{}\": {}", begin, quote(wanted), quote(answer.body))};
    }
    if (!expected.json.empty()) return judge_json(answer, expected, begin, now);
    if (!expected.contains.empty()) begin += fmt::format(" with \"{}\"", quote(expected.contains.front()));
    return {Outcome::kGood, std::move(begin)};
}

std::string condition_words(const JsonCondition& condition) {
    std::string words = condition.path.text();
    if (!condition.equals.empty()) return words + " is " + quote(condition.equals);
    if (condition.age_max) return fmt::format("{} at most {} s old", words, condition.age_max->count());
    if (condition.min) words += fmt::format(" from {}", *condition.min);
    if (condition.max) words += fmt::format(" to {}", *condition.max);
    return words;
}

}  // namespace

std::string quote(std::string_view body) {
    std::string text = redactor().redact(to_valid_utf8(body.substr(0, kLookedThrough)));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    std::string_view shown = trim(text);
    if (shown.empty()) return "nothing";
    bool is_cut = shown.size() > kQuotedBytesMax || body.size() > kLookedThrough;
    return std::string(truncate_utf8(shown, kQuotedBytesMax)) + (is_cut ? "…" : "");
}

Judgement judge(const Answer& answer, const Expectation& expected, Time now) {
    Judgement judgement;
    switch (answer.kind) {
        case Answer::Kind::kSpoke:
            judgement = judge_answer(answer, expected, now);
            break;
        case Answer::Kind::kSilent:
            judgement = {Outcome::kBad, redactor().redact(answer.why)};
            break;
        case Answer::Kind::kNotAsked:
            judgement = {Outcome::kUnknown, redactor().redact(answer.why)};
            break;
    }
    judgement.says = std::string(truncate_utf8(judgement.says, kSaysBytesMax));
    return judgement;
}

const Expectation& expectation_of(const Question& question) {
    static const Expectation kNothing;
    if (const auto* http = std::get_if<HttpQuestion>(&question)) return http->expect;
    if (const auto* command = std::get_if<CommandQuestion>(&question)) return command->expect;
    return kNothing;
}

std::string describe(const Question& question) {
    if (const auto* http = std::get_if<HttpQuestion>(&question)) {
        std::string_view url = http->url;
        size_t query = url.find('?');
        return fmt::format("{} {}{}", net::to_string(http->method), redactor().redact(url.substr(0, query)),
                           query == std::string_view::npos ? "" : "?…");
    }
    if (const auto* tcp = std::get_if<TcpQuestion>(&question))
        return fmt::format("connect to {}:{}", tcp->host, tcp->port);
    const auto& command = std::get<CommandQuestion>(question);
    return quote(fmt::format("{}", fmt::join(command.argv, " ")));
}

std::string describe(const Expectation& expected) {
    std::string words = status_words(expected);
    for (const std::string& each : expected.contains) words += fmt::format(", with \"{}\"", quote(each));
    for (const JsonCondition& each : expected.json) words += ", " + condition_words(each);
    return std::string(truncate_utf8(words, kSaysBytesMax));
}

std::string_view weakness(const Question& question) {
    if (std::holds_alternative<TcpQuestion>(question)) return "proves only that something listens";
    const auto* http = std::get_if<HttpQuestion>(&question);
    if (http != nullptr && !http->expect.looks_inside()) return "proves only that something answers";
    return "";
}

}  // namespace nightshift::health
