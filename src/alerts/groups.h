#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "alerts/alert_table.h"
#include "alerts/inhibition.h"
#include "alerts/route.h"

namespace nightshift::alerts {

// Why an alert is kept from people.
struct Suppression {
    enum class By { kNobody, kSilence, kInhibition, kWindow };
    By by = By::kNobody;
    std::string what;  // the silence's id, the muting alert's fingerprint, the window's name
};

// What is to be told of a group now.
struct Flush {
    enum class Reason { kFirst, kChanged, kResolved, kRepeated, kSuppressed };
    Reason reason = Reason::kFirst;
    std::string key;  // of the group, the same in every run
    std::string tenant;
    std::string route;
    std::string policy;
    Labels group;                  // what it is grouped by
    std::vector<AlertPtr> alerts;  // not suppressed, the firing first; those that ended since the last flush
    uint32_t firing = 0;
    uint32_t suppressed = 0;  // firing, and kept from people
    Suppression suppression;  // of the first of those
};

// Which alerts a group was last told with; kept by whoever tells.
struct Told {
    std::string key;
    std::vector<uint64_t> firing;
    Time at;
};

// The groups of all alerts and when to tell of them: as Alertmanager does it (a new group waits, a changed
// one waits its interval, one that stays the same is repeated, one whose alerts have all ended says so once).
// Pure; one thread at a time.
class Groups {
public:
    // Who is suppressed at `now`, besides inhibition; called at a flush for each alert.
    using SuppressFn = std::function<Suppression(const Alert&, const RouteOptions&, Time now)>;

    Groups(Route root, std::vector<InhibitRule> inhibitions, SuppressFn suppress);

    // A new or changed alert; of an ended one, Alert::ends is in the past. kLimit.
    void put(const AlertPtr& alert, Time now);
    // After a restart, before the first put(): what had been told.
    void restore(Told told);
    // No group is told before that time, unless critical: those that would inhibit it may not be here yet.
    void settle_until(Time time) { settle_until_ = time; }

    // What is due, at most `most` groups; the others stay due. Groups whose alerts are all over and told are
    // gone afterwards.
    std::vector<Flush> tick(Time now, size_t most = SIZE_MAX);
    // When the next tick() may have something.
    std::optional<Time> next() const;
    // Of a silence or window that began or ended: look at every group soon.
    void review(Time now);

    size_t size() const { return groups_.size(); }
    const AlertTable& alerts() const { return alerts_; }
    // Whether it is inhibited now.
    Suppression suppression_of(const Alert& alert, Time now) const;

private:
    struct Group {
        const std::string* key = nullptr;  // in groups_
        uint64_t number = 0;
        SharedText tenant;
        const Route* route = nullptr;
        Labels labels;
        AlertTable alerts;
        std::vector<uint64_t> told_firing;  // fingerprints, sorted
        uint64_t told_words = 0;            // of the annotations of what fires
        Time due = Time::max();             // when it is looked at; never: Time::max()
        Time next_end = Time::max();        // when the first of its alerts may end by itself
        Time told_at;
        bool was_told = false;
        bool has_flushed = false;  // its first wait is over
        bool was_suppressed = false;

        bool was_told_of(uint64_t fingerprint) const;
    };
    // A time at which a group is looked at; a group has at most one of each kind.
    struct Look {
        enum class Why : uint8_t { kDue, kEnd };  // in this order, at the same time
        Time at;
        uint64_t number = 0;  // of the group
        Why why = Why::kDue;
        Group* group = nullptr;
        friend auto operator<=>(const Look&, const Look&) = default;
    };

    Group& group_for(const Route& route, const Alert& alert);
    // There is one, or there was before a restart.
    bool has_group(const Route& route, const Alert& alert) const;
    // At that time, or when it was to be before.
    void schedule(Group& group, Time at);
    void schedule_end(Group& group, Time at);
    void unschedule(Group& group, Look::Why why);
    // What the end of an alert asks for: to be told now (true), later or not at all.
    bool is_end_told_now(Group& group, Time now);
    std::optional<Flush> flush(Group& group, Time now);
    void drop_ended(Group& group, Time now);

    std::shared_ptr<const Route> root_;  // groups point into it
    Inhibitor inhibitor_;
    SuppressFn suppress_;
    std::unordered_map<std::string, Group> groups_;
    AlertTable alerts_;
    std::unordered_map<std::string, Told> restored_;
    std::set<Look> looks_;
    uint64_t groups_made_ = 0;
    Time settle_until_;
};

}  // namespace nightshift::alerts
