#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "alerts/alert.h"
#include "alerts/matcher.h"

namespace nightshift::alerts {

// While an alert that matches `source` fires, those that match `target` and have the same values of `equal`
// are told to nobody. An alert that matches both sides is not muted by others that do.
struct InhibitRule {
    std::string name;
    Matchers source;
    Matchers target;
    std::vector<std::string> equal;
};

// The firing sources of all rules, found by the values that must be equal. Pure; told of each change.
class Inhibitor {
public:
    explicit Inhibitor(std::vector<InhibitRule> rules) : rules_(std::move(rules)), sources_(rules_.size()) {}

    void add(const Alert& alert);
    void remove(const Alert& alert);
    // The fingerprint of an alert that mutes this one at `now`, or nothing.
    std::optional<uint64_t> muted_by(const Alert& alert, Time now) const;

private:
    struct Source {
        Time ends;
        bool matches_target = false;
    };
    // By tenant and the equal labels, then by fingerprint.
    using Table = std::unordered_map<std::string, std::unordered_map<uint64_t, Source>>;

    static std::string key_of(const InhibitRule& rule, const Alert& alert);

    std::vector<InhibitRule> rules_;
    std::vector<Table> sources_;
};

}  // namespace nightshift::alerts
