#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/labels.h"
#include "base/severity.h"
#include "base/shared_text.h"

namespace nightshift::incidents {

// Where an incident is.
enum class State : uint8_t {
    kOpen,          // firing, and nobody has taken it
    kAcknowledged,  // firing, and a person has it
    kResolved,      // over
};
std::string_view to_string(State state);
std::optional<State> parse_state(std::string_view word);

// What a diagnosis says about the work, worst last.
enum class Conclusion : uint8_t {
    kFalseAlarm,   // nothing is wrong: the work was done, the alert looked at the wrong thing
    kEnhancement,  // something around the work is wrong; the work itself is done
    kDegraded,     // the work is done, worse or by another path
    kUnknown,      // cannot be told; never taken for good
    kBlocked,      // the work is not done
};
std::string_view to_string(Conclusion conclusion);
std::optional<Conclusion> parse_conclusion(std::string_view word);

// What one check found.
enum class Finding : uint8_t {
    kGood,        // somebody other than the claimant says that it is fine
    kSuspicious,  // something worth naming that alone explains nothing
    kBad,         // this is broken
    kUnknown,     // it could not be looked at, in time or at all
    kNothing,     // it does not apply here
};
std::string_view to_string(Finding finding);
std::optional<Finding> parse_finding(std::string_view word);

// One check of a diagnosis and what it rests on.
struct Check {
    SharedText name;  // "run records", "delivery receipts", ...
    Finding finding = Finding::kUnknown;
    SharedText says;                    // one sentence with numbers, for a person
    std::vector<std::string> evidence;  // what it rests on: "run:molt-morning@…", "delivery:dlv_…"

    friend bool operator==(const Check&, const Check&) = default;
};

// A possible cause; the first of a list is the likeliest.
struct Cause {
    std::string what;
    std::string why;       // the facts that speak for it
    int confidence = 0;    // percent
    std::string evidence;  // as in Check, may be empty

    friend bool operator==(const Cause&, const Cause&) = default;
};

// The answer of a bounded look at everything that could tell, made before a person is woken.
struct Diagnosis {
    Conclusion conclusion = Conclusion::kUnknown;
    SharedText summary;  // one sentence: what is wrong and what is not
    std::vector<Check> checks;
    std::vector<Cause> causes;              // likeliest first
    std::vector<std::string> works;         // what still works, for those who depend on it
    SharedText next_action;                 // one thing to do now
    SharedText response_window;             // "24 to 48 h", "now", "none"
    Time at;                                // when the facts were gathered
    std::chrono::microseconds took{0};      // all of it
    std::chrono::microseconds decision{0};  // deciding alone
    bool is_complete = true;                // no: some facts did not come in time
    bool is_burning = false;                // it spends tokens now, and gets nowhere
    std::optional<int> affected_percent;    // of its siblings that are bad; nothing: nobody can tell

    friend bool operator==(const Diagnosis&, const Diagnosis&) = default;
};

// Who is affected, as far as the configuration or the job says.
struct Stakes {
    SharedText impact;                   // "blocking", "degraded", "enhancement" or "" when nobody says
    SharedText owner;                    // "" when nobody says
    SharedText customers;                // a class: "paying", "internal"; "" when nobody says
    std::optional<Time> deadline;        // when the work must be done
    std::optional<int> redundancy;       // other ways that still work; nothing: nobody says
    bool is_verified_otherwise = false;  // evidence says that the work was done, by whatever way
    std::optional<Severity> asked;       // what the rule asks for
    std::optional<Severity> raised;      // at least this, says an agent or a person: nobody can lower so
    SharedText raised_by;

    friend bool operator==(const Stakes&, const Stakes&) = default;
};

// What an incident is about.
struct Subject {
    // "job", "session", "agent", "source", "route", "budget", "provider", "probe", "self", "series" (of
    // another alerting system)
    std::string kind;
    std::string name;

    friend bool operator==(const Subject&, const Subject&) = default;
};

// One alert in an incident.
struct Member {
    uint64_t fingerprint = 0;
    Labels labels;
    SharedText summary;
    bool is_firing = true;
    Time started;
    std::optional<Time> ended;

    friend bool operator==(const Member&, const Member&) = default;
};

// An entry of the timeline. Times are when it happened, in the order they were written down.
struct Entry {
    Time time;
    // "opened", "alerts", "diagnosed", "severity", "notified", "receipt", "escalated", "acknowledged",
    // "handed_over", "action", "note", "resolved", "reopened", "joined", "left", "parts"
    SharedText kind;
    SharedText who;   // a person's or token's name, "nightshift", a channel
    SharedText text;  // one sentence
    SharedText ref;   // "delivery:…", "run:…", may be empty

    friend bool operator==(const Entry&, const Entry&) = default;
};

// Another incident that has the same cause, as the one that tells people of it last saw it.
struct Part {
    std::string id;
    std::string title;
    Severity severity = Severity::kWarning;
    bool is_over = false;

    friend bool operator==(const Part&, const Part&) = default;
};

// One notification of an incident over one channel: a delivery, as last heard of.
struct Notification {
    SharedText channel;
    SharedText delivery;     // its id
    SharedText what;         // "post", "edit", "reply", "resolution"
    int step = 0;            // of the escalation
    int revision = 0;        // of the incident's text
    SharedText state;        // queued, sending, delivered, unknown, failed, superseded
    SharedText provider_id;  // the provider's own id of the message; empty until there is one
    SharedText error;        // why it failed
    // What it told of the incident: the next message says what has changed since.
    State told_state = State::kOpen;
    Severity told_severity = Severity::kWarning;
    Time sent;  // when it was enqueued
    std::optional<Time> settled;

    friend bool operator==(const Notification&, const Notification&) = default;
};

// The group of alerts that a person deals with. A value: decisions read it, the store keeps it.
struct Incident {
    std::string id;  // "inc_…", sorts by time of opening
    std::string tenant;
    std::string key;  // of the group of alerts; at most one unresolved incident has it
    SharedText rule;  // of the first alert; "" for alerts of others
    SharedText title;
    Subject subject;
    Labels labels;  // common to its alerts
    State state = State::kOpen;
    Severity severity = Severity::kWarning;
    SharedText severity_why;  // which published rules made it so
    Stakes stakes;
    std::optional<Diagnosis> diagnosis;
    std::vector<Member> members;  // at most kMembersMax, the firing first
    uint32_t firing = 0;          // how many fire, also beyond the members kept
    uint32_t total = 0;           // how many have ever been in it
    bool is_flapping = false;
    bool is_suppressed = false;  // its alert is silenced or inhibited, nobody is told; see suppressed_why
    SharedText suppressed_why;
    Time started;  // of its first alert
    Time opened;
    // Those with the same cause are one thing to deal with: the first tells people of all of them.
    std::string part_of;       // the incident that does; "": it speaks for itself
    SharedText part_of_why;    // the cause in words
    bool is_separate = false;  // a person took it out: it speaks for itself from then on
    std::vector<Part> parts;   // at most kPartsMax, those that go on first
    uint32_t parts_open = 0;   // also beyond those kept
    uint32_t parts_total = 0;
    std::string told_by;  // another Nightshift that deals with it; "": this one
    std::optional<Time> diagnosed;
    std::optional<Time> notified;  // the first delivery was enqueued
    std::optional<Time> acknowledged;
    SharedText acknowledged_by;
    SharedText assignee;
    std::optional<Time> resolved;
    SharedText resolved_why;
    std::optional<Conclusion> judged;  // a person's word over the diagnosis, said at the end
    SharedText judged_by;
    int step = 0;                   // of the escalation that has been reached; 0: nobody told yet
    std::optional<Time> stepped;    // when that step was reached
    std::optional<Time> next_step;  // when the next one is due without an acknowledgement
    int fallbacks = 0;              // other channels tried for that step
    int reminders = 0;              // sent since it was acknowledged
    int revision = 0;               // grows with every change that people see
    uint64_t tokens = 0;            // spent by the subject while it lasted, where known
    int64_t cost_nano_usd = 0;
    std::vector<Notification> notifications;  // newest last, at most kNotificationsMax
    std::vector<Entry> timeline;              // oldest first, at most kTimelineMax

    friend bool operator==(const Incident&, const Incident&) = default;
};

}  // namespace nightshift::incidents
