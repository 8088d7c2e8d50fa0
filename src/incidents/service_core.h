#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/text_pool.h"
#include "incidents/service.h"
#include "io/task_group.h"

namespace nightshift::incidents {

constexpr milliseconds kLookEvery{250};  // at what is due

// What the loop owns.
struct Service::Core : std::enable_shared_from_this<Core> {
    // An incident that is not over, or was not long ago.
    struct Live {
        Kept kept;
        std::vector<Wish> unsent;        // decided, and not on disk yet
        std::vector<std::string> heard;  // ids of deliveries whose end is known and not on disk yet
        Time look = Time::max();         // when to look again
        bool is_diagnosing = false;
        bool is_changed = false;       // since the last write
        std::optional<Time> deadline;  // of the work, as the last diagnosis saw it
        std::set<std::string> parts;   // ids of those that it tells of
    };
    using Written = std::function<void(const Result<void>&)>;

    Core(Parts given, Settings configured);

    Result<void> load();
    void start_periodic_work();
    Task<> stop_here();

    void take(const Told& group);
    Live& open(const Told& group, Time now);
    Live* find_live(const std::string& tenant, const std::string& key);
    // Judges, escalates, tells and writes: whatever has changed. `written` hears of the commit.
    void drive(Live& live, Written written = {});
    // What became of one of its deliveries.
    void hear(const std::string& id, const Receipt& receipt);
    void tell_people(Live& live, Time now, std::optional<Time>& look);
    void want_diagnosis(Live& live);
    void start_diagnoses();
    Task<> diagnose_one(std::string id);
    Task<> end_one(std::string id);
    // A person wants it diagnosed anew; `done` hears what it is then.
    Task<> diagnose_for(std::string tenant, std::string id, std::function<void(Result<Incident>)> done);

    // Incidents with a common cause, see common_cause.h. Finds the one that tells of it, or makes it the one.
    void find_lead(Live& live, Time now);
    // Takes what became of its parts, or of the one that it is part of.
    void settle_parts(Live& live, Time now);
    // Its parts speak for themselves, or find another one.
    void release_parts(Live& live, Time now);
    // A person says that it is over: so are its parts.
    void end_parts(Live& live, Time now);
    void load_parts(Time now);
    bool is_part_of_what_goes_on(const Incident& incident) const;
    // Looks at it soon.
    void wake(const std::string& id, Time now);

    void write(Live& live, Written written);
    // When somebody should look again, if nothing happens before.
    void schedule(Live& live, std::optional<Time> at);
    bool wants_another_look(const Incident& incident, Time now) const;
    Task<> look_at_due();
    void forget_old(Time now);
    Task<> prune();

    EscalationPolicy policy_of(const Live& live) const;
    std::vector<std::string> channels_of(const Incident& incident, const EscalationMove& move) const;
    Wish wish_for(const Incident& incident, const std::string& channel, const Message& message) const;

    Parts parts;
    Settings settings;
    std::unordered_map<std::string, Live> live;           // by id
    std::unordered_map<std::string, std::string> by_key;  // tenant and key to id
    // Tenant, policy and cause to the id of the one that tells people; may be over by now.
    std::unordered_map<std::string, std::string> by_cause;
    TextPool texts;
    std::set<std::pair<Time, std::string>> due;
    std::deque<std::string> to_diagnose;
    io::TaskGroup tasks;
    Stats stats;
    std::atomic<size_t> writes_waiting{0};
};

}  // namespace nightshift::incidents
