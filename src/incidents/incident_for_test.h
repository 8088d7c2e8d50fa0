#pragma once

#include "incidents/apply.h"

namespace nightshift::incidents::testing {

constexpr Time kStart{std::chrono::hours(24 * 365 * 56)};

inline Member member(uint64_t fingerprint, bool is_firing = true) {
    Member member;
    member.fingerprint = fingerprint;
    member.labels = Labels{{"alertname", "log silent"}};
    member.summary = "alert " + std::to_string(fingerprint);
    member.is_firing = is_firing;
    member.started = kStart;
    return member;
}

// A group with `firing` alerts that fire, numbered from 1, and `ended` that do not any more.
inline GroupChange change(uint32_t firing, uint32_t ended = 0) {
    GroupChange change;
    change.tenant = "default";
    change.key = "log silent/molt";
    change.rule = "log silent";
    change.title = "The log of molt is silent";
    change.subject = {"job", "molt"};
    change.common = Labels{{"alertname", "log silent"}, {"job", "molt"}};
    for (uint32_t i = 1; i <= firing + ended; ++i) change.members.push_back(member(i, i <= firing));
    change.firing = firing;
    change.total = firing + ended;
    change.stakes.impact = "degraded";
    change.started = kStart;
    return change;
}

inline Incident incident(uint32_t firing = 1) {
    return open_incident("inc_1", change(firing), kStart + seconds(5));
}

}  // namespace nightshift::incidents::testing
