#pragma once

#include <chrono>
#include <cstddef>

// Every limit of this room, with what happens at it.
namespace nightshift::incidents {

constexpr size_t kMembersMax = 50;         // alerts kept in an incident; the rest is counted
constexpr size_t kPartsMax = 50;           // incidents of the same cause kept in one; the rest is counted
constexpr size_t kTimelineMax = 500;       // entries; the oldest but the first ten give way
constexpr size_t kNotificationsMax = 100;  // the oldest settled give way
constexpr size_t kTextBytesMax = 2'000;    // of a note, a title, a reason; cut
constexpr size_t kTimelineFirst = 10;      // entries of the beginning that stay
constexpr size_t kNameBytesMax = 200;      // of a person; cut
constexpr size_t kDealtWithMax = 20'000;   // groups named to other nodes; they tell of the others too
constexpr size_t kToldAtOnceMax = 100;     // groups told and not written yet; the others wait
constexpr size_t kNamedMax = 5;            // members named in a sentence; the others are counted
constexpr size_t kCausesMax = 5;           // the unlikeliest are left out
constexpr std::chrono::seconds kDiagnosisLimit{5};   // what has not been gathered by then is unknown
constexpr std::chrono::seconds kDiagnoseAgain{300};  // an incident that goes on is looked at anew
constexpr std::chrono::seconds kFailOpen{30};        // a critical page leaves by then, diagnosed or not
constexpr std::chrono::hours kDeadlineNear{1};       // closer, or over: it counts
constexpr std::chrono::hours kDeadlineFar{4};        // farther: there is time

constexpr std::chrono::minutes kSilentFrom{5};     // a source that said nothing for less is not silent
constexpr std::chrono::minutes kAliveWithin{15};   // heard of longer ago proves no life
constexpr std::chrono::minutes kChangeBefore{60};  // a change so long before the trouble may be its cause
constexpr std::chrono::minutes kChangeClose{10};   // ... and so long before it probably is

// A cause as sure as this, in percent, makes one incident of two that have it.
constexpr int kJoinFrom = 70;

constexpr size_t kMessageBytesMax = 3'500;  // of a rendered message: every provider takes so much
constexpr size_t kSentenceBytesMax = 500;   // of one line of it; cut
constexpr size_t kAlertsSentMax = 50;       // in an Alertmanager payload; the rest is counted

constexpr size_t kIncidentsCountedMax = 100'000;  // in statistics; the others are left out, and counted
constexpr uint64_t kOftenWrongFrom = 5;           // incidents of a rule, before it can be called often wrong

// Resolved for longer than this, and what fires again is a new incident.
constexpr std::chrono::seconds kReopenWithin{30 * 60};
constexpr int kRemindersMax = 24;             // of one acknowledged incident
constexpr int kRepeatsMax = 100;              // of an escalation's last step, whatever is asked for
constexpr std::chrono::seconds kTurnLook{2};  // whether another node still deals with it
constexpr int kPostsMax = 2;                  // in one channel: a message that is gone is made anew once
constexpr std::chrono::seconds kBetweenMessages{10};  // of one incident in one channel, at least
constexpr std::chrono::minutes kQuietLook{5};         // held back by quiet hours: looked at again after this
// Handed over, and not taken by the other one: then it escalates.
constexpr std::chrono::seconds kHandOverWait{15 * 60};

}  // namespace nightshift::incidents
