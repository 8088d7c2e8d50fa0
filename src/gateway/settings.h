#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "gateway/dialects/dialect.h"
#include "gateway/loops.h"

// What the configuration says of the gateway: values, checked once, then only read.
namespace nightshift::gateway {

using std::chrono::milliseconds;

// Who serves models, and the keys we may use there, in the order they are tried.
struct ProviderSpec {
    std::string name;
    ProviderKind kind = ProviderKind::kOpenAi;
    std::string url;           // without a slash at its end
    std::vector<Secret> keys;  // empty: the provider asks for none
};

// US dollars per million tokens.
struct PriceSpec {
    double input = 0;
    double output = 0;
    double cache_read = 0;
    double cache_write = 0;
    double reasoning = -1;  // negative: as output
    bool is_known = false;
    std::string version;  // which list it is from: a change of price is another version
};

// How long an attempt may take. `first_token` runs from the sending to a stream's first content, `idle` from
// one piece of content to the next; `answer` from the sending to the end of an answer that is not streamed.
struct Timeouts {
    milliseconds connect{1'000};
    milliseconds first_token{10'000};
    milliseconds idle{30'000};
    milliseconds answer{120'000};
    milliseconds total{600'000};
};

// One way to serve a route.
struct Target {
    size_t provider = 0;             // index into Settings::providers
    std::string model;               // the provider's name for it
    int64_t window = 0;              // context tokens; 0: not declared
    int64_t output_max_default = 0;  // sent when the client set none; 0: nothing
    int tier = 0;                    // lower ones first
    int weight = 1;                  // among the targets of one tier
    PriceSpec price;
    Timeouts timeouts;
    size_t lane = 0;    // the first of its first key; see lanes.h
    size_t models = 1;  // lanes of each key: one, or kWildcardLanes where the model is "*"
};

// What happens when no target may be tried because all have failed lately.
enum class LastResort { kFail, kTryAll };

// A model name that clients ask for, and who may serve it. "groq/*" is every name that begins so; a target's
// model "*" then stands for the rest of the name.
struct Route {
    std::string name;
    std::vector<Target> targets;  // by tier, else in the order of the file
    int attempts_max = 4;
    milliseconds deadline{
        0};  // from the request to the first content, over all attempts; see set_deadlines()
    milliseconds answer_deadline{0};   // to the last attempt at an answer that is not streamed
    milliseconds retry_within{5'000};  // a failure that took longer is not tried again at the same target
    milliseconds wait_max{2'000};      // for a rate limit, when nobody else is left
    LastResort last_resort = LastResort::kFail;
    bool content_policy_falls_back = false;
};

enum class LimitScope { kTenant, kTeam, kAgent, kSession };
enum class LimitWindow { kMinute, kHour, kDay, kMonth };  // by the UTC calendar

// A ceiling for everybody whom it matches, each with a count of its own. 0: no ceiling of that unit.
struct LimitSpec {
    std::string name;
    LimitScope scope = LimitScope::kTenant;
    std::string match = "*";  // the scope's name, or all
    std::string model = "*";  // the route's name, or all
    LimitWindow window = LimitWindow::kDay;
    int64_t requests = 0;
    int64_t tokens = 0;
    int64_t micro_usd = 0;
    std::vector<int> warn_at;  // percent, ascending
};

// Where model calls are told of by OTLP/HTTP.
struct ExportSpec {
    std::string url;  // "http://collector:4318"; "" is nowhere
    std::map<std::string, Secret> headers;
    std::chrono::seconds every{10};
    bool spans = true;
    bool metrics = true;
};
bool operator==(const ExportSpec& a, const ExportSpec& b);

struct Settings {
    bool is_enabled = false;
    std::vector<ProviderSpec> providers;
    std::vector<Route> routes;
    std::vector<LimitSpec> limits;
    LoopOptions loops;
    milliseconds probe_idle{
        3'600'000};  // a target without calls for so long is asked for one token; 0: never
    ExportSpec export_to;
    std::map<std::string, std::string> teams;  // agent -> team
    std::vector<std::string> allowed_hosts;    // empty: those of the providers
    size_t lanes = 0;                          // see number_lanes()

    // By its name; else the longest of those that end in "*" and begin alike; null when there is none.
    const Route* find_route(std::string_view name) const;
    const ProviderSpec* find_provider(std::string_view name) const;
};

// A lane is a provider's model through one of its keys: what a breaker judges. Gives every target its first
// lane; targets of the same provider and model share theirs. The models of a wildcard are spread over so many
// lanes by their names, so that one that fails does not stand for all.
inline constexpr size_t kWildcardLanes = 32;
void number_lanes(Settings& settings);
size_t first_lane(const Target& target, size_t key);
// Of a call that asked for `model`.
size_t lane_of(const Target& target, size_t key, std::string_view model);

// Who each lane is: the same text for the same provider, address, model and key in other settings. Holds no
// key.
std::vector<std::string> lane_names(const Settings& settings);

// What the target calls the model that was asked for as `asked`.
std::string model_at(const Route& route, const Target& target, std::string_view asked);

// Where a route has no deadline: half a minute, or what its targets may take one after the other.
void set_deadlines(Settings& settings);

// The number of lanes a target has: one a key, and one without keys.
size_t lane_count(const ProviderSpec& provider);

std::string_view to_string(LimitScope scope);
std::string_view to_string(LimitWindow window);

}  // namespace nightshift::gateway
