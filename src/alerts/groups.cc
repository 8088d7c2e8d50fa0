#include "alerts/groups.h"

#include <algorithm>

#include "alerts/limits.h"

namespace nightshift::alerts {
namespace {

milliseconds wait_for(const RouteOptions& options, const Alert& alert) {
    return options.wait[static_cast<size_t>(severity_of(alert.labels))];
}

bool has_critical(const AlertTable& alerts) {
    for (const auto& [id, alert] : alerts) {
        if (severity_of(alert->labels) == Severity::kCritical) return true;
    }
    return false;
}

std::string key_of(const Route& route, const Labels& labels, std::string_view tenant) {
    std::string key(tenant);
    key += '/';
    key += route.name;
    key += labels.text();
    return key;
}

// The firing first, then by start: the same order every time.
bool comes_before(const AlertPtr& a, const AlertPtr& b, Time now) {
    bool a_fires = a->is_firing(now);
    bool b_fires = b->is_firing(now);
    if (a_fires != b_fires) return a_fires;
    if (a->starts != b->starts) return a->starts < b->starts;
    return a->labels < b->labels;
}

}  // namespace

Groups::Groups(Route root, std::vector<InhibitRule> inhibitions, SuppressFn suppress)
    : root_(std::make_shared<const Route>(std::move(root))),
      inhibitor_(std::move(inhibitions)),
      suppress_(std::move(suppress)) {}

bool Groups::Group::was_told_of(uint64_t fingerprint) const {
    return std::binary_search(told_firing.begin(), told_firing.end(), fingerprint);
}

Groups::Group& Groups::group_for(const Route& route, const Alert& alert) {
    Labels labels = group_labels(route.options, alert.labels);
    std::string key = key_of(route, labels, alert.tenant);
    auto found = groups_.find(key);
    if (found == groups_.end() && groups_.size() >= kGroupsMax) {
        labels = Labels();
        key = key_of(route, labels, alert.tenant);
        found = groups_.find(key);
    }
    if (found != groups_.end()) return found->second;
    found = groups_.try_emplace(std::move(key)).first;
    Group& group = found->second;
    group.key = &found->first;
    group.number = ++groups_made_;
    group.tenant = alert.tenant;
    group.route = &route;
    group.labels = std::move(labels);
    if (auto told = restored_.find(found->first); told != restored_.end()) {
        group.told_firing = std::move(told->second.firing);
        std::sort(group.told_firing.begin(), group.told_firing.end());
        group.told_at = told->second.at;
        group.was_told = group.has_flushed = true;
        restored_.erase(told);
    }
    return group;
}

bool Groups::has_group(const Route& route, const Alert& alert) const {
    std::string key = key_of(route, group_labels(route.options, alert.labels), alert.tenant);
    return groups_.contains(key) || restored_.contains(key);
}

void Groups::schedule(Group& group, Time at) {
    if (group.due <= at) return;
    unschedule(group, Look::Why::kDue);
    group.due = at;
    looks_.insert({at, group.number, Look::Why::kDue, &group});
}

void Groups::schedule_end(Group& group, Time at) {
    if (group.next_end <= at) return;
    unschedule(group, Look::Why::kEnd);
    group.next_end = at;
    looks_.insert({at, group.number, Look::Why::kEnd, &group});
}

void Groups::unschedule(Group& group, Look::Why why) {
    Time& at = why == Look::Why::kDue ? group.due : group.next_end;
    if (at != Time::max()) looks_.erase({at, group.number, why, &group});
    at = Time::max();
}

void Groups::restore(Told told) {
    std::string key = told.key;
    restored_[std::move(key)] = std::move(told);
}

void Groups::put(const AlertPtr& alert, Time now) {
    uint64_t id = alert_id(*alert);
    alerts_.put(id, alert);
    if (alert->is_firing(now)) {
        inhibitor_.add(*alert);
    } else {
        inhibitor_.remove(*alert);
    }
    bool is_over = !alert->is_firing(now);
    bool is_kept = false;
    for (const Route* route : find_routes(*root_, alert->labels)) {
        if (is_over && !has_group(*route, *alert)) continue;
        Group& group = group_for(*route, *alert);
        // What nobody was told of need not be told that it is over.
        if (is_over && !group.alerts.contains(id) && !group.was_told_of(alert->fingerprint())) continue;
        is_kept = true;
        group.alerts.put(id, alert);
        Time at = group.has_flushed
                      ? std::max<Time>(now, group.told_at + group.route->options.interval)
                      // An alert that began long ago has waited already.
                      : std::max<Time>(now, std::max(alert->starts, now - wait_for(route->options, *alert)) +
                                                wait_for(route->options, *alert));
        schedule(group, at);
        // Alerts of others end by themselves when they are not repeated.
        if (!is_over && alert->ends != Alert::kForever) schedule_end(group, alert->ends);
    }
    if (!is_kept) alerts_.erase(id);
}

Suppression Groups::suppression_of(const Alert& alert, Time now) const {
    if (auto by = inhibitor_.muted_by(alert, now))
        return {Suppression::By::kInhibition, fmt::format("{:016x}", *by)};
    std::vector<const Route*> routes = find_routes(*root_, alert.labels);
    return suppress_(alert, routes.front()->options, now);
}

std::optional<Flush> Groups::flush(Group& group, Time now) {
    const RouteOptions& options = group.route->options;
    Flush out{.key = *group.key,
              .tenant = std::string(group.tenant),
              .route = group.route->name,
              .policy = options.policy,
              .group = group.labels};
    std::vector<uint64_t> firing;
    std::vector<AlertPtr> suppressed;
    bool has_new = false;
    bool has_ended = false;
    uint64_t words = 0;
    for (const auto& [id, alert] : group.alerts) {
        uint64_t fingerprint = alert->fingerprint();
        bool was_told = group.was_told_of(fingerprint);
        if (!alert->is_firing(now)) {
            has_ended = has_ended || was_told;
            if (was_told) out.alerts.push_back(alert);
            continue;
        }
        Suppression suppression;
        if (auto by = inhibitor_.muted_by(*alert, now)) {
            suppression = {Suppression::By::kInhibition, fmt::format("{:016x}", *by)};
        } else {
            suppression = suppress_(*alert, options, now);
        }
        if (suppression.by != Suppression::By::kNobody) {
            if (out.suppressed++ == 0) out.suppression = suppression;
            suppressed.push_back(alert);
            // It was told and is muted now: that is not its end.
            if (was_told) firing.push_back(fingerprint);
            continue;
        }
        firing.push_back(fingerprint);
        has_new = has_new || !was_told;
        words += alert->annotations.fingerprint() ^ fingerprint;
        out.alerts.push_back(alert);
        ++out.firing;
    }
    std::sort(out.alerts.begin(), out.alerts.end(),
              [&](const AlertPtr& a, const AlertPtr& b) { return comes_before(a, b, now); });

    bool is_due_again = group.was_told && !firing.empty() && now - group.told_at >= options.repeat;
    bool is_over = firing.empty() && !group.told_firing.empty();
    group.has_flushed = true;
    if (out.firing == 0 && out.suppressed > 0 && !is_over && !has_ended) {
        bool is_known = group.was_suppressed;
        group.was_suppressed = true;
        out.reason = Flush::Reason::kSuppressed;
        out.alerts = std::move(suppressed);
        group.told_at = now;
        if (is_known) return std::nullopt;
        return out;
    }
    // What was muted and is told again is news.
    has_new = has_new || group.was_suppressed;
    // Whom a restart made forget the words is not told for that alone.
    has_new = has_new || (group.told_words != 0 && words != group.told_words && !firing.empty());
    group.told_words = words;
    if (!has_new && !has_ended && !is_due_again) return std::nullopt;
    out.reason = is_over                  ? Flush::Reason::kResolved
                 : !group.was_told        ? Flush::Reason::kFirst
                 : (has_new || has_ended) ? Flush::Reason::kChanged
                                          : Flush::Reason::kRepeated;
    group.was_suppressed = false;
    group.was_told = !is_over;
    std::sort(firing.begin(), firing.end());
    firing.shrink_to_fit();
    group.told_firing = std::move(firing);
    group.told_at = now;
    return out;
}

void Groups::drop_ended(Group& group, Time now) {
    group.alerts.erase_if([&](const AlertTable::Slot& each) {
        const Alert& alert = *each.alert;
        if (alert.is_firing(now) || group.was_told_of(alert.fingerprint())) return false;
        if (alerts_.find(each.id) == each.alert) {
            inhibitor_.remove(alert);
            alerts_.erase(each.id);
        }
        return true;
    });
}

bool Groups::is_end_told_now(Group& group, Time now) {
    for (const auto& [id, alert] : group.alerts) {
        if (alert->is_firing(now) && alert->ends != Alert::kForever) schedule_end(group, alert->ends);
    }
    if (!group.has_flushed) return false;
    Time at = group.told_at + group.route->options.interval;
    if (at > now) schedule(group, at);
    return at <= now;
}

std::vector<Flush> Groups::tick(Time now, size_t most) {
    std::vector<Flush> out;
    while (out.size() < most && !looks_.empty() && looks_.begin()->at <= now) {
        Look look = *looks_.begin();
        Group& group = *look.group;
        unschedule(group, look.why);
        if (look.why == Look::Why::kEnd && !is_end_told_now(group, now)) continue;
        unschedule(group, Look::Why::kDue);
        if (now < settle_until_ && !has_critical(group.alerts)) {
            schedule(group, settle_until_);
            continue;
        }
        if (auto flushed = flush(group, now)) out.push_back(std::move(*flushed));
        drop_ended(group, now);
        if (group.alerts.empty()) {
            unschedule(group, Look::Why::kEnd);
            groups_.erase(groups_.find(*group.key));
            continue;
        }
        // A group that goes on is looked at for its repetition, or for the end of what mutes it.
        schedule(group, group.was_told ? group.told_at + group.route->options.repeat
                                       : now + group.route->options.interval);
    }
    return out;
}

std::optional<Time> Groups::next() const {
    if (looks_.empty()) return std::nullopt;
    return looks_.begin()->at;
}

void Groups::review(Time now) {
    for (auto& [key, group] : groups_) {
        if (!group.has_flushed) continue;
        schedule(group, std::max<Time>(now, group.told_at + group.route->options.interval));
    }
}

}  // namespace nightshift::alerts
