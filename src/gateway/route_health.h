#pragma once

#include <string>
#include <vector>

#include "gateway/shard.h"

// What can be said of routes and targets at a moment. Pure.
namespace nightshift::gateway {

// One of a target's keys. Of a wildcard's models, that of the one that stands worst.
LaneState key_state(const Plan& plan, const Target& target, size_t key, Instant now);
// Of all its models together.
LaneStats key_stats(const ShardStats& stats, const Target& target, size_t key);

// Of a target's keys, or of a wildcard's models, the one that stands best: one that works is enough.
Standing best_standing(const Plan& plan, const Target& target, Instant now);

// How a route would do now.
struct RouteReport {
    std::string route;
    bool is_served = false;  // somebody would answer, as far as we know
    std::string why;         // each target and how it stands
    std::string troubled;    // those that would not be asked; "" for none
    std::string serving;     // the first that is known to be good; "" for none
};
std::vector<RouteReport> route_reports(const Plan& plan, Instant now);

// A route whose calls nobody would answer now, as far as we know.
struct RouteTrouble {
    std::string route;
    std::string why;  // "groq/llama-3.3-70b: cooldown for 12 s; local/llama3.1: breaker open"
};
// A target on trial has proven nothing yet, so a route that has only such ones is still in trouble.
std::vector<RouteTrouble> troubled_routes(const Plan& plan, Instant now);

// The lanes of `name` ("groq", or "groq/llama-3.3-70b"; "" for the first good one) on `route` ("" for all
// routes), without which every one of its routes would still be served. kNotFound, kConflict.
Result<std::vector<size_t>> find_dispensable_lanes(const Plan& plan, std::string_view name,
                                                   std::string_view route, Instant now);

// A key of a target that nobody has called for so long that what we know of it is old.
struct IdleLane {
    size_t route = 0;
    size_t target = 0;
    size_t key = 0;
};
// One for each lane, where a call may be sent; `since` counts for what was never called. Who is on trial
// after a failure is idle sooner, so that an outage is known to be over.
std::vector<IdleLane> idle_lanes(const Plan& plan, milliseconds idle_for, Instant since, Instant now);

}  // namespace nightshift::gateway
