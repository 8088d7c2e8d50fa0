#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// Which planned (job, time). Two occurrences of one job never share it: that is what makes firing twice
// impossible.
struct OccurrenceKey {
    std::string tenant;
    std::string job;
    Time nominal;

    auto operator<=>(const OccurrenceKey&) const = default;
};

// "molt-morning@2026-11-22T07:00:00Z"; with microseconds when there are some.
std::string occurrence_id(const OccurrenceKey& key);
// kInvalid when `id` is none.
Result<OccurrenceKey> parse_occurrence_id(std::string_view tenant, std::string_view id);

// Grows with every claim. Whoever acts for an occurrence shows the one it was given; an older one is refused.
using Fence = int64_t;

// One row of the ledger.
struct Occurrence {
    OccurrenceKey key;
    Time start;  // nominal plus the spread
    Trigger trigger = Trigger::kSchedule;
    Phase phase = Phase::kPlanned;
    std::optional<Verdict> verdict;  // set exactly when the phase is kDone
    std::string why;                 // the verdict's reason; before it, what it waits for
    std::string warning;             // something that is not as it should be, though the verdict stands
    std::string note;                // a shift of the clocks; what a catch-up makes up for
    std::string revision;            // of the job when it was planned
    Fence fence = 0;
    uint32_t attempt = 0;  // of the claim that holds now; 0: none yet
    Time lease_until;      // of that claim
    Time next_attempt;     // kWaiting: when it may be tried again
    std::optional<Time> started;
    std::optional<Time> ended;
    std::optional<Time> decided;
    std::string summary;  // of the last attempt
    uint64_t tokens = 0;
    int64_t cost_nano_usd = 0;
    struct Override {
        Verdict verdict = Verdict::kVerified;
        std::string by;
        std::string reason;
        Time until;
    };
    std::optional<Override> override;  // a person's word, beside the verdict and until its end

    // What counts at `now`: the verdict, unless a person's word stands over it.
    std::optional<Verdict> verdict_at(Time now) const {
        return override && override->until > now ? override->verdict : verdict;
    }
};

// One attempt.
struct Run {
    OccurrenceKey key;
    uint32_t attempt = 0;
    Fence fence = 0;
    Time claimed;
    std::optional<Execution> execution;  // none: it has not ended
};

// One observation about one expectation of one occurrence.
struct Evidence {
    OccurrenceKey key;
    std::string expectation;
    Impact impact = Impact::kBlocking;
    std::string kind;       // of the source
    std::string condition;  // the source in words
    Outcome outcome = Outcome::kUnknown;
    std::string observed;
    std::string observer;
    std::optional<double> value;
    bool is_claimants_word = false;
    Time time;
};

// What an agent says about its own work. At most kClaimsMax are kept of an occurrence.
struct Claim {
    OccurrenceKey key;
    std::string by;                 // the token's or agent's name
    std::optional<bool> says_done;  // nothing: a note beside the work, neither done nor not done
    std::string text;
    Time time;
};

constexpr int64_t kClaimsMax = 100;

// Something to send because of an occurrence.
struct DeliveryWish {
    std::string key;  // idempotency: the occurrence, and which of the job's deliveries
    std::string channel;
    std::string subject;
    std::string text;
};

// What the ledger knows of a job besides its occurrences.
struct JobRecord {
    std::string tenant;
    std::string name;
    std::string definition;  // JSON, as job_json.h reads it
    std::string revision;    // its hash
    bool is_from_config = false;
    Time planned_since;  // by this revision
    Time planned_until;
    bool is_paused = false;
    std::string paused_by;
    std::string paused_why;
};

// An occurrence without a verdict, with its last attempt: what to go on with after a restart.
struct Unfinished {
    Occurrence occurrence;
    std::optional<Run> run;
};

// --- Transitions: what the ledger can be told. Each is applied whole, inside one transaction, or refused.
// ---

struct Plan {
    std::vector<Occurrence> occurrences;  // rows that are there already stay as they are
    // Occurrences of a gap too long for a row each: counted, all with one verdict.
    uint64_t collapsed = 0;
    std::string collapsed_why;
    Time collapsed_from;
    Time collapsed_until;
    std::string tenant;
    std::string job;
    std::string
        revision;  // of the job it was planned by; refused with kConflict when the ledger's is another
    Time planned_until;
};

// Refused with kConflict unless the occurrence is in `from` and holds a smaller fence.
struct ClaimRun {
    OccurrenceKey key;
    Phase from = Phase::kPlanned;
    Fence fence = 0;
    uint32_t attempt = 0;
    Time claimed;
    Time lease_until;
    std::string note;
};

// What the evidence sources noted before the start, as JSON; durable before it.
struct NoteBaselines {
    OccurrenceKey key;
    Fence fence = 0;
    uint32_t attempt = 0;
    std::string baselines;
};

// Ends an attempt. Refused with kConflict when the fence is not the one that holds.
struct EndRun {
    OccurrenceKey key;
    Fence fence = 0;
    uint32_t attempt = 0;
    Execution execution;
    Phase next = Phase::kVerifying;  // or kWaiting
    Time next_attempt;
    std::string why;
    std::vector<DeliveryWish> deliveries;  // wished for in the same transaction
};

// The end. Refused with kConflict when it has a verdict already, or another fence.
struct Decide {
    OccurrenceKey key;
    Fence fence = 0;
    Verdict verdict = Verdict::kUnverified;
    std::string why;
    std::string warning;
    Time decided;
    std::vector<Evidence> evidence;
};

struct AddClaim {
    Claim claim;
    Fence fence = 0;
};

struct Pause {
    std::string tenant;
    std::string job;
    bool is_paused = false;
    std::string by;
    std::string reason;
    Time time;
};

// A person's word over the ledger's: kept beside it, with a reason and an end.
struct Override {
    OccurrenceKey key;
    Verdict verdict = Verdict::kVerified;
    std::string by;
    std::string reason;
    Time time;
    Time until;
};

using Transition = std::variant<Plan, ClaimRun, NoteBaselines, EndRun, Decide, AddClaim, Pause, Override>;

}  // namespace nightshift::jobs
