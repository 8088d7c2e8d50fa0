#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "alerts/alert.h"
#include "alerts/matcher.h"

namespace nightshift::alerts {

// How the alerts of a route are grouped and told.
struct RouteOptions {
    std::vector<std::string> group_by{"alertname"};  // "..." alone: every alert by itself
    // How long a new group waits for more, by severity of its worst alert: info, warning, critical.
    std::array<milliseconds, 3> wait{milliseconds(30'000), milliseconds(2'000), milliseconds(0)};
    milliseconds interval{10'000};         // between two words about one group
    milliseconds repeat{4 * 3600 * 1000};  // until it is said again, though nothing changed
    std::string policy;                    // of the escalation; "": by severity
    std::vector<std::string> mute_during;  // names of windows
};

// A node of the tree. An alert goes down the first branch that matches, and the next ones too where
// is_continued says so; a branch it does not fit into leaves it here.
struct Route {
    std::string name;  // unique in the tree
    Matchers matchers;
    bool is_continued = false;
    RouteOptions options;
    std::vector<Route> branches;
};

// The routes that take an alert, in the order of the tree; never none. Pointers into `root`.
std::vector<const Route*> find_routes(const Route& root, const Labels& labels);
// Of an alert in this route.
Labels group_labels(const RouteOptions& options, const Labels& labels);

}  // namespace nightshift::alerts
