#include "app/told.h"

#include <algorithm>

#include "app/facts.h"
#include "base/text.h"
#include "incidents/limits.h"

namespace nightshift::app {
namespace {

using alerts::AlertPtr;
using alerts::Flush;
using alerts::Suppression;

// What all of them have.
Labels common_labels(const std::vector<AlertPtr>& all) {
    if (all.empty()) return {};
    std::vector<Labels::Pair> pairs = all.front()->labels.pairs();
    std::erase_if(pairs, [&](const Labels::Pair& pair) {
        return std::any_of(all.begin(), all.end(),
                           [&](const AlertPtr& each) { return each->labels.get(pair.first) != pair.second; });
    });
    return Labels(pairs);
}

std::string title_of(const Flush& flush) {
    if (flush.alerts.empty()) return std::string(flush.group.get("alertname"));
    const alerts::Alert& first = *flush.alerts.front();
    std::string_view summary = first.annotations.get("summary");
    if (summary.empty()) summary = first.annotations.get("description");
    if (summary.empty()) return std::string(first.name()) + " " + flush.group.text();
    return std::string(summary);
}

incidents::Member member_of(const alerts::Alert& alert, Time now) {
    incidents::Member member;
    member.fingerprint = alert.fingerprint();
    member.labels = alert.labels;
    member.summary = alert.annotations.get("summary");
    member.is_firing = alert.is_firing(now);
    member.started = alert.starts;
    if (!member.is_firing) member.ended = alert.ends;
    return member;
}

incidents::Subject subject_among(const std::vector<jobs::JobPtr>& jobs, const std::string& tenant,
                                 const Labels& labels) {
    if (!labels.has("job")) return subject_of(labels);
    bool is_ours = std::any_of(jobs.begin(), jobs.end(), [&](const jobs::JobPtr& each) {
        return each->tenant == tenant && each->name == labels.get("job");
    });
    if (is_ours) return subject_of(labels);
    std::vector<Labels::Pair> others = labels.pairs();
    std::erase_if(others, [](const Labels::Pair& pair) { return pair.first == "job"; });
    return subject_of(Labels(others));
}

std::string suppressed_words(const Suppression& suppression) {
    switch (suppression.by) {
        case Suppression::By::kNobody:
            return "";
        case Suppression::By::kSilence:
            return "silenced by " + suppression.what;
        case Suppression::By::kInhibition:
            return "inhibited by alert " + suppression.what;
        case Suppression::By::kWindow:
            return "in window " + suppression.what;
    }
    return "";
}

}  // namespace

incidents::Stakes stakes_of(const Labels& labels, const std::vector<StakesRule>& rules) {
    incidents::Stakes stakes;
    stakes.impact = labels.get("impact");
    stakes.owner = labels.get("owner");
    stakes.customers = labels.get("customers");
    if (auto redundancy = parse_int(labels.get("redundancy")))
        stakes.redundancy = static_cast<int>(*redundancy);
    stakes.asked = parse_severity(labels.get("severity"));
    for (const StakesRule& rule : rules) {
        if (!alerts::match_all(rule.matchers, labels)) continue;
        if (!rule.stakes.impact.empty()) stakes.impact = rule.stakes.impact;
        if (!rule.stakes.owner.empty()) stakes.owner = rule.stakes.owner;
        if (!rule.stakes.customers.empty()) stakes.customers = rule.stakes.customers;
        if (rule.stakes.redundancy) stakes.redundancy = rule.stakes.redundancy;
    }
    return stakes;
}

incidents::Told told_of(const Flush& flush, const std::vector<StakesRule>& stakes,
                        const std::vector<jobs::JobPtr>& jobs, Time now) {
    incidents::Told told;
    told.policy = flush.policy;
    told.is_over = flush.reason == Flush::Reason::kResolved;
    incidents::GroupChange& change = told.change;
    change.tenant = flush.tenant;
    change.key = flush.key;
    change.title = title_of(flush);
    change.common = flush.alerts.empty() ? flush.group : common_labels(flush.alerts);
    change.subject = subject_among(jobs, flush.tenant, change.common);
    change.firing = flush.firing;
    change.total = static_cast<uint32_t>(flush.alerts.size());
    change.started = now;
    change.is_suppressed = flush.reason == Flush::Reason::kSuppressed;
    change.suppressed_why = suppressed_words(flush.suppression);
    if (change.is_suppressed) change.firing = flush.suppressed;
    for (const AlertPtr& each : flush.alerts) {
        if (each->is_firing(now)) told.firing.push_back(each->fingerprint());
        change.started = std::min(change.started, each->starts);
        change.is_flapping = change.is_flapping || each->is_flapping;
        if (each->is_own) change.rule = each->name();
        if (change.members.size() < incidents::kMembersMax) change.members.push_back(member_of(*each, now));
    }
    change.stakes = stakes_of(change.common, stakes);
    // The worst of them counts, whatever they have in common.
    for (const AlertPtr& each : flush.alerts) {
        auto asked = parse_severity(each->labels.get("severity"));
        if (asked && each->is_firing(now))
            change.stakes.asked = std::max(change.stakes.asked.value_or(*asked), *asked);
    }
    return told;
}

}  // namespace nightshift::app
