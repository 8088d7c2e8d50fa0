#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/json_path.h"
#include "base/labels.h"
#include "base/secret.h"
#include "net/http.h"

namespace nightshift::health {

// How something is, as far as a probe tells. Only one of them is good news.
enum class State : uint8_t {
    kPassing,
    kFailing,
    kStale,    // nothing was seen for so long that what was seen last says nothing of now
    kUnknown,  // nothing was seen yet, or we are to blame that nothing is seen
};
std::string_view to_string(State state);

// What one look came to.
enum class Outcome : uint8_t {
    kGood,
    kBad,
    kUnknown,  // it says nothing of what was asked about: we could not ask
};
std::string_view to_string(Outcome outcome);

// What must hold at a place of a JSON answer: one of these.
struct JsonCondition {
    JsonPath path;
    std::string equals;  // JSON text; empty: not compared
    std::optional<double> min;
    std::optional<double> max;
    std::optional<std::chrono::seconds> age_max;  // it is a time, at most so long ago
};

struct Expectation {
    std::vector<int> status;  // of HTTP, or a command's exit code; empty: any 2xx
    std::vector<std::string> contains;
    std::vector<JsonCondition> json;

    // It asks for more than that somebody answers.
    bool looks_inside() const { return !contains.empty() || !json.empty(); }
};

struct HttpQuestion {
    net::Method method = net::Method::kGet;
    std::string url;
    std::map<std::string, Secret> headers;
    std::string body;
    Expectation expect;
    std::vector<Secret> hidden;  // of the headers' values, what may not be shown
};

struct TcpQuestion {
    std::string host;
    uint16_t port = 0;
};

struct CommandQuestion {
    std::vector<std::string> argv;
    std::string folder;                         // empty: ours
    std::map<std::string, Secret> environment;  // all of it but PATH
    Expectation expect{.status = {0}, .contains = {}, .json = {}};
    std::vector<Secret> hidden;  // of the environment's values
};

using Question = std::variant<HttpQuestion, TcpQuestion, CommandQuestion>;

// When looks make a state.
struct Policy {
    std::chrono::seconds every{60};
    std::chrono::milliseconds timeout{10'000};
    std::chrono::seconds stale_after{180};
    int bad_min = 2;  // bad ones of the last `looks` make it failing
    int looks = 3;
    int good_min = 1;  // good ones in a row make it passing
};

// What a probe speaks about: a job, an agent, a route, a provider, a source or a channel. Empty: only of
// itself.
struct Subject {
    std::string kind;
    std::string name;

    bool empty() const { return kind.empty(); }
    friend bool operator==(const Subject&, const Subject&) = default;
};
const std::vector<std::string_view>& subject_kinds();

// A probe as the configuration says it. Immutable.
struct ProbeSpec {
    std::string name;
    std::string description;
    Question question;
    Policy policy;
    Subject subject;
    Labels labels;  // of its alerts
};
using ProbePtr = std::shared_ptr<const ProbeSpec>;

// One look.
struct Look {
    Time at;  // when it ended
    microseconds took{0};
    Outcome outcome = Outcome::kUnknown;
    std::string says;  // without secrets
};

}  // namespace nightshift::health
