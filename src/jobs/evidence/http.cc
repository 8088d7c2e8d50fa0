#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/redact.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "jobs/evidence/api_error.h"
#include "jobs/evidence/condition.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/text_condition.h"
#include "jobs/evidence/time_text.h"
#include "jobs/evidence/variables.h"
#include "net/client.h"

namespace nightshift::jobs::evidence {
namespace {

constexpr size_t kBodyBytesMax = 8u << 20;
// With these a server speaks about the asker or about itself, not about what was asked for.
constexpr int kRefusals[] = {401, 403, 407, 408, 425, 429, 502, 503, 504};

struct Rule {
    net::Method method = net::Method::kGet;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::vector<int> status;  // empty: not a condition
    std::optional<JsonPath> path;
    Condition at_path;
    TextCondition text;
    bool is_last_modified_new = false;
    std::optional<JsonPath> new_path;  // leads to a time after the start
    std::string body_sha256;
    std::optional<milliseconds> timeout;
};

struct Answer {
    int status = 0;
    std::string last_modified;
    std::string body;
};

Finding judge_status(const Rule& rule, int status) {
    std::string text = fmt::format("answers {}", status);
    if (std::find(rule.status.begin(), rule.status.end(), status) != rule.status.end()) return holds(text);
    if (std::find(std::begin(kRefusals), std::end(kRefusals), status) != std::end(kRefusals))
        return unknown(text + ", which refuses to say");
    if (!rule.status.empty()) return fails(fmt::format("{}, not {}", text, fmt::join(rule.status, " or ")));
    if (status >= 200 && status < 300) return holds(text);
    return unknown(text + ", which says nothing about the work");
}

Finding judge_time(std::string_view what, std::optional<Time> time, std::string_view seen, Time start) {
    if (!time) return unknown(fmt::format("{} is \"{}\", not a time", what, seen));
    // Others count whole seconds.
    std::string text = fmt::format("{} is {}", what, time_text(*time));
    if (*time < std::chrono::floor<seconds>(start))
        return fails(fmt::format("{}, from before the start at {}", text, time_text(start)));
    return holds(text);
}

Finding judge_new_path(const JsonPath& path, const boost::json::value& document, Time start) {
    std::vector<JsonPath::Found> found = path.find(document);
    if (found.empty() || !found.front().value) return fails(fmt::format("there is no {}", path.text()));
    const boost::json::value& value = *found.front().value;
    if (value.is_string())
        return judge_time(path.text(), parse_timestamp(std::string_view(value.get_string())),
                          value.get_string(), start);
    std::optional<Time> time =
        value.is_number() ? timestamp_of_number(value.to_number<double>()) : std::nullopt;
    return judge_time(path.text(), time, boost::json::serialize(value), start);
}

void judge_document(const Rule& rule, const Answer& answer, Time start, const std::vector<double>& history,
                    std::vector<Finding>& parts) {
    boost::json::error_code error;
    boost::json::value document = boost::json::parse(to_valid_utf8(answer.body), error);
    bool needs_document = rule.path || rule.new_path;
    if (error) {
        // A page of a proxy or a login, say: nobody who knows the work has answered.
        if (needs_document) parts.push_back(unknown("the answer is not JSON"));
        return;
    }
    if (answer.status >= 200 && answer.status < 300) {
        std::optional<std::string> said = error_in(document, rule.path ? rule.path->text() : "");
        if (said) {
            parts.assign({unknown(fmt::format("answers {} with an error: {}", answer.status, *said))});
            return;
        }
    }
    if (rule.path) parts.push_back(rule.at_path.judge(*rule.path, document, history));
    if (rule.new_path) parts.push_back(judge_new_path(*rule.new_path, document, start));
}

Finding judge(const Rule& rule, const Answer& answer, Time start, const std::vector<double>& history) {
    std::vector<Finding> parts{judge_status(rule, answer.status)};
    if (parts.front().outcome != Outcome::kHolds) return parts.front();
    if (!rule.text.is_empty())
        parts.push_back(rule.text.judge("the answer", FileText{answer.body, answer.body.size(), true}));
    if (rule.is_last_modified_new)
        parts.push_back(
            judge_time("Last-Modified", parse_timestamp(answer.last_modified), answer.last_modified, start));
    if (!rule.body_sha256.empty()) {
        std::string hash = sha256_of(answer.body);
        bool is_same = hash == rule.body_sha256;
        parts.push_back(is_same ? holds("the body's hash is right")
                                : fails(fmt::format("the body has the SHA-256 {}", hash)));
    }
    judge_document(rule, answer, start, history, parts);
    return all_of(parts);
}

// Reads the work back from the one who holds it.
class Http final : public Source {
public:
    explicit Http(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "http"; }
    std::string describe() const override;

protected:
    Task<Observation> look(const Work& work, const Instruments& instruments) const override {
        Variables variables(instruments.environment);
        Result<net::ClientRequest> request = make_request(variables, instruments);
        if (!request) co_return observation(unknown(request.error().message), observer());
        std::string host = observer();
        if (Result<net::Url> url = net::parse_url(request->url); url) host = url->host;

        Result<net::ClientResponse> response = co_await net::fetch(std::move(*request));
        Finding finding;
        if (response) {
            finding = co_await judge_on_pool(std::move(*response), work, instruments);
        } else {
            finding = unknown(fmt::format("no answer: {}", response.error().message));
        }
        finding.text = variables.hide(std::move(finding.text));
        co_return observation(finding, host);
    }
    std::string observer() const override {
        Result<net::Url> url = net::parse_url(rule_->url);
        return url ? url->host : "an HTTP server";
    }

private:
    Result<net::ClientRequest> make_request(Variables& variables, const Instruments& instruments) const {
        net::ClientRequest request;
        request.method = rule_->method;
        NS_TRY(request.url, variables.expand(rule_->url));
        NS_TRY(request.body, variables.expand(rule_->body));
        for (const auto& [name, text] : rule_->headers) {
            NS_TRY(std::string value, variables.expand(text));
            if (value.find_first_of("\r\n") != value.npos)
                return fail(Code::kInvalid, "the header {} has a line break", name);
            request.headers.add(name, value);
        }
        request.body_bytes_max = kBodyBytesMax;
        request.timeout = std::min(rule_->timeout.value_or(instruments.timeout), instruments.timeout);
        return request;
    }

    // A large body takes a while to parse, and the loop has other work.
    Task<Finding> judge_on_pool(net::ClientResponse response, const Work& work,
                                const Instruments& instruments) const {
        std::string encoding(response.headers.get("Content-Encoding"));
        Result<std::string> body = net::decode_content(encoding, std::move(response.body), kBodyBytesMax);
        if (!body) co_return unknown(body.error().message);
        Answer answer;
        answer.status = response.status;
        answer.last_modified = response.headers.get("Last-Modified");
        answer.body = std::move(*body);
        auto look = [rule = rule_, answer = std::move(answer), start = work.execution.started,
                     history = work.history](Until) { return judge(*rule, answer, start, history); };
        co_return co_await find_on_pool(instruments, std::move(look));
    }

    std::shared_ptr<const Rule> rule_;
};

std::string Http::describe() const {
    std::vector<std::string> parts;
    if (!rule_->status.empty()) parts.push_back(fmt::format("{}", fmt::join(rule_->status, " or ")));
    if (rule_->path)
        parts.push_back(fmt::format("{} that {}", rule_->path->text(), rule_->at_path.describe()));
    if (rule_->is_last_modified_new) parts.emplace_back("Last-Modified after the start");
    if (rule_->new_path) parts.push_back(fmt::format("{} after the start", rule_->new_path->text()));
    if (!rule_->body_sha256.empty())
        parts.push_back(fmt::format("a body with the SHA-256 {}", rule_->body_sha256));
    if (!rule_->text.is_empty()) parts.push_back("a body that " + rule_->text.describe());
    std::string text =
        fmt::format("{} {} answers {}", net::to_string(rule_->method), rule_->url, fmt::join(parts, ", "));
    return Redactor().redact(text);
}

void parse_request(Keys& keys, Rule& rule) {
    rule.url = keys.required("url");
    if (!rule.url.starts_with("${")) {
        // Variables stand for parts of it, so only its beginning can be checked before there is an
        // environment.
        if (!rule.url.empty() && !rule.url.starts_with("http://") && !rule.url.starts_with("https://"))
            keys.complain("url", "a URL with http:// or https://");
    }
    std::string method = keys.text("method").value_or("GET");
    if (method == "HEAD") {
        rule.method = net::Method::kHead;
    } else if (method == "POST") {
        rule.method = net::Method::kPost;
    } else if (method != "GET") {
        keys.complain("method", "GET, HEAD or POST; evidence only reads");
    }
    rule.body = keys.text("body").value_or("");
    if (const boost::json::value* headers = keys.find("headers")) {
        if (!headers->is_object()) keys.complain("headers", "an object of texts");
        if (headers->is_object()) {
            for (const auto& header : headers->get_object()) {
                if (!header.value().is_string()) keys.complain("headers", "an object of texts");
                if (header.value().is_string())
                    rule.headers.emplace_back(header.key(), std::string(header.value().get_string()));
            }
        }
    }
    std::vector<std::string> texts{rule.url, rule.body};
    for (const auto& [name, value] : rule.headers) texts.push_back(value);
    for (const std::string& text : texts) {
        if (auto good = check_variables(text); !good) keys.refuse("http: " + good.error().message);
    }
}

void parse_conditions(Keys& keys, Rule& rule) {
    rule.status = keys.integers("status", 100, 599);
    rule.path = read_path(keys, "path");
    if (keys.has("path")) {
        rule.at_path = Condition::parse(keys);
        if (keys.has("not_hollow")) keys.refuse("http: not_hollow is about the whole body, without 'path'");
        if (rule.path && rule.path->is_plural() && rule.at_path.has_band())
            keys.refuse("http: within needs one value; use length() instead of [*]");
    } else {
        rule.text = TextCondition::parse(keys, false);
        for (std::string_view key : {"min", "max", "equals", "within"}) {
            if (keys.has(key)) keys.refuse(fmt::format("http.{} needs the key 'path'", key));
        }
    }
    const boost::json::value* newer = keys.find("newer_than_start");
    if (newer && newer->is_string()) {
        rule.new_path = read_path(keys, "newer_than_start");
    } else if (newer && newer->is_bool()) {
        rule.is_last_modified_new = newer->get_bool();
    } else if (newer) {
        keys.complain("newer_than_start", "true, for Last-Modified, or a path that leads to a time");
    }
    rule.body_sha256 = to_lower(keys.text("body_sha256").value_or(""));
    if (!rule.body_sha256.empty() && (rule.body_sha256.size() != 64 || !from_hex(rule.body_sha256)))
        keys.complain("body_sha256", "64 hexadecimal digits");
    bool has_condition = !rule.status.empty() || rule.path || !rule.text.is_empty() || rule.new_path ||
                         rule.is_last_modified_new || !rule.body_sha256.empty();
    if (!has_condition)
        keys.refuse(
            "http needs a condition: status, path, matches, not_matches, newer_than_start or body_sha256");
}

}  // namespace

Parsed parse_http(const boost::json::value& value) {
    Keys keys("http", value,
              with_condition_keys({"url", "method", "headers", "body", "status", "path", "newer_than_start",
                                   "body_sha256", "timeout", "not_hollow"}));
    Rule rule;
    parse_request(keys, rule);
    parse_conditions(keys, rule);
    rule.timeout = keys.duration("timeout");
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Http>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
