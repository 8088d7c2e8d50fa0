#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::cli::drills {

struct Check {
    std::string what;
    std::string expected;
    std::string seen;
    bool is_good = false;
};

// What one drill came to. One without checks has not passed.
struct Report {
    std::string name;
    std::vector<Check> checks;
    std::string not_possible;  // why it cannot be rehearsed on this machine; it has not passed then
    // From the disaster to the alert, from the incident to its diagnosis, and from the disaster to the
    // message.
    std::optional<std::chrono::milliseconds> found;
    std::optional<std::chrono::milliseconds> diagnosed;
    std::optional<std::chrono::milliseconds> told;
    std::chrono::milliseconds took{0};

    void check(bool is_good, std::string what, std::string expected, std::string seen) {
        checks.push_back({std::move(what), std::move(expected), std::move(seen), is_good});
    }
    size_t good() const;
    // What could be reached; a drill that never came to a check counts as one that was not reached.
    size_t total() const { return checks.empty() ? 1 : checks.size(); }
    bool has_passed() const { return !checks.empty() && not_possible.empty() && good() == checks.size(); }
};

// The sum of all: "27/28".
struct Score {
    size_t good = 0;
    size_t total = 0;
    bool is_full() const { return total > 0 && good == total; }
};
Score score_of(const std::vector<Report>& reports);

// The checks of one drill, each with what was expected and seen where that differs from plain success.
std::string checks_text(const Report& report);
// A table of all, the score, and what failed with its reason.
std::string summary_text(const std::vector<Report>& reports);
std::string summary_json(const std::vector<Report>& reports);

}  // namespace nightshift::cli::drills
