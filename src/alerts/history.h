#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "alerts/rule.h"
#include "alerts/signal.h"

namespace nightshift::alerts {

// A thing stood in one way for a stretch of time.
struct Stretch {
    static constexpr Time kOpen = Time::max();

    int64_t id = 0;
    SignalKind kind = SignalKind::kSession;
    std::string tenant;
    Labels labels;
    Labels added;  // of these, those that its alerts have too
    double value = 0;
    std::string says;  // when it began
    Time from;
    Time until = kOpen;  // kOpen: it stands so still
};

// All of a kind was looked at for a stretch of time. What is not covered by any is not known.
struct Watched {
    int64_t id = 0;
    SignalKind kind = SignalKind::kSession;
    Time from;
    Time until;
    std::string why;  // it ended; empty: it goes on, or nobody could say so any more
};

// What is to be written of the looks since the last time.
struct HistoryBatch {
    struct Closed {
        int64_t id = 0;
        Time until;
    };
    struct LeftOut {
        SignalKind kind = SignalKind::kSession;
        std::string tenant;
        Time hour;
        uint64_t count = 0;
    };
    std::vector<Stretch> opened;
    std::vector<Closed> closed;  // also of what was opened in this batch
    std::vector<Watched> watched;
    std::vector<LeftOut> left_out;
};

// A number is kept when it moved by a hundredth of itself, or of 1 when it is smaller.
bool is_step(double kept, double value);

// Decides what of the signals is kept: how each thing stands, from when to when. A look at what did not
// change costs a lookup. Numbers are kept in steps, and when they pass a threshold that a rule has now. Pure:
// no clock, no I/O; one thread at a time.
class History {
public:
    // What is looked at so often; looks that are much farther apart leave a gap.
    explicit History(seconds every);

    // What stood open before a restart, and the first number that was never given.
    void restore(const std::vector<Stretch>& open, int64_t next_id);
    void replace_rules(const std::vector<RulePtr>& rules);

    // All signals of a kind as they are now.
    void look(SignalKind kind, const std::vector<Signal>& all, Time now);
    // Nobody can say how this kind is.
    void look_unknown(SignalKind kind, const std::string& why, Time now);
    // Nobody looks any more.
    void end(const std::string& why);
    // What was kept is not known any more: everything is kept anew.
    void forget();

    HistoryBatch take();
    size_t waiting() const { return batch_.opened.size() + batch_.closed.size(); }
    size_t things() const;
    uint64_t left_out_total() const { return left_out_total_; }

private:
    struct Thing {
        uint64_t seen = 0;  // digest of the last look; 0: it was not there
        Time seen_since;
        uint64_t kept_labels = 0;
        double kept_value = 0;
        int64_t id = 0;  // of the open stretch; 0: none
        uint64_t round = 0;
        int64_t minute = 0;  // in which `turns` were kept
        uint32_t turns = 0;
        bool is_waiting = false;  // it changed, and may not be kept yet
    };
    struct Table {
        std::unordered_map<uint64_t, Thing> things;
        size_t seen_now = 0;
        std::map<Time, uint64_t> left_out;  // by hour
    };
    struct Watch {
        int64_t id = 0;  // 0: it is not watched
        Time from;
        Time last;
    };

    Time steady(Time now);
    void watch(SignalKind kind, Time now);
    void stop_watching(SignalKind kind, const std::string& why);
    void note(SignalKind kind, const std::string& tenant, Table& table, Thing& thing, const Signal* signal,
              uint64_t digest);
    void note_gone(SignalKind kind, const std::string& tenant, Table& table);
    bool differs(SignalKind kind, const Thing& thing, const Signal* signal) const;
    bool may_keep(Thing& thing);
    void keep(SignalKind kind, const std::string& tenant, Thing& thing, const Signal* signal);

    seconds gap_max_;
    Time last_;  // of all looks
    uint64_t round_ = 0;
    int64_t next_id_ = 1;
    int64_t minute_ = 0;
    uint32_t changes_ = 0;  // of this minute
    uint64_t left_out_total_ = 0;
    std::array<std::map<std::string, Table>, kSignalKindCount> tables_;  // by tenant
    std::array<Watch, kSignalKindCount> watches_;
    std::array<std::vector<double>, kSignalKindCount> thresholds_;  // sorted
    HistoryBatch batch_;
};

}  // namespace nightshift::alerts
