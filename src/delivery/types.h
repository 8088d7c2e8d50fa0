#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace nightshift::delivery {

// kUnknown: bytes were sent and no answer came, or an answer that proves nothing. It is never shown as
// delivered, and it may yet be resolved: see Delivery::settled.
// kSuperseded: it was never sent, and need not be: a newer edit says it, or its channel shows no edits.
enum class State : uint8_t { kQueued, kSending, kDelivered, kUnknown, kFailed, kSuperseded };
std::string_view to_string(State state);
std::optional<State> parse_state(std::string_view text);

// What a delivery does to the message of its thread.
enum class Mode : uint8_t {
    kPost,  // says it anew: a message of its own, or the first one of its thread
    kEdit,  // the thread's message says this from now on
    kReply  // answers the thread's message
};
std::string_view to_string(Mode mode);
std::optional<Mode> parse_mode(std::string_view text);

// A button where the channel has buttons, a line of text where it has none.
struct Link {
    std::string label;
    std::string url;  // http or https
};

// What a receipt rests on.
enum class Proof : uint8_t {
    kIdentifier,  // the provider named the message: it can be looked up, edited, shown
    kAnswer       // the provider said yes and named nothing; `identifier` is what can be kept of that answer
};
std::string_view to_string(Proof proof);
std::optional<Proof> parse_proof(std::string_view text);

// What a provider gave for a message it took. Without an identifier there is no receipt: the database refuses
// to call such a delivery delivered.
struct Receipt {
    std::string provider;    // "telegram", "slack", ...
    std::string identifier;  // Telegram's message_id, Slack's ts, the queue id of SMTP's 250, ...
    std::string place;       // where the message is, in the provider's terms: chat id, channel id, topic
    std::string detail;      // for a person: the answer's first line, what the proof does not cover
    Proof proof = Proof::kIdentifier;
    Time time;  // when the answer was here
};

struct NewDelivery {
    std::string tenant;
    std::string key;      // idempotency key, unique in the tenant
    std::string channel;  // a ChannelSpec's name
    std::string subject;  // may be empty
    std::string text;
    std::string about;  // what it is about, "run:<id>"; may be empty
    Mode mode = Mode::kPost;
    // Deliveries of one tenant, channel and thread act on one living message, one after the other in the
    // order they were enqueued. Empty: a message alone, which can only be posted.
    std::string thread = {};
    std::string severity = {};     // "critical", "warning", "info" or "": where the channel has priorities
    bool is_resolution = false;    // the thread's trouble is over
    std::vector<Link> links = {};  // at most kLinksMax
    std::string payload = {};      // a JSON object for programs; may be empty
};

struct Attempt {
    int number = 0;             // from 1
    bool is_read_back = false;  // it asked whether an earlier one arrived, and sent nothing
    Time started;
    std::optional<Time> ended;  // nothing: under way, or the program stopped before it knew
    std::string outcome;        // "delivered", "transient", ...; see to_string(Outcome::Kind)
    std::string error;          // for the operator; never holds a secret
    int status = 0;             // HTTP or SMTP status; 0: no answer
};

struct Delivery {
    std::string id;  // sorts by time of creation
    std::string tenant;
    std::string key;
    std::string channel;
    std::string subject;
    std::string text;
    std::string about;
    Mode mode = Mode::kPost;  // as enqueued
    std::string thread;
    int64_t revision = 0;  // its number in its thread, from 1; 0 without a thread
    std::string severity;
    bool is_resolution = false;
    std::vector<Link> links;
    std::string payload;
    State state = State::kQueued;
    std::string why;  // why it is in this state, for the operator
    Time created;
    std::optional<Time> next_attempt;  // nothing: under way, settled, or behind another one of its thread
    std::optional<Time> settled;       // delivered, superseded, unknown for good or failed for good
    int attempt_count = 0;
    std::vector<Attempt> attempts;   // oldest first; only from find() and find_by_key()
    std::optional<Receipt> receipt;  // exactly when delivered
};

enum class Kind : uint8_t { kTelegram, kSlack, kSlackWebhook, kDiscord, kEmail, kNtfy, kWebhook, kPagerduty };
std::string_view to_string(Kind kind);
std::optional<Kind> parse_kind(std::string_view text);

// A channel as configured. check_channel() says what is wrong with one.
struct ChannelSpec {
    std::string name;
    Kind kind = Kind::kWebhook;
    // The provider's base URL (empty: its public one) or, where the URL itself is the credential (Slack's and
    // Discord's webhooks), all of it. Treated as a secret everywhere but for its host. smtp:// or smtps://
    // for e-mail.
    Secret url;
    Secret token;                                // bot token, signing secret, password, routing key
    std::string target;                          // chat id, channel id, addresses with commas, topic
    std::map<std::string, std::string> options;  // per kind; see docs/channels.md
    // Send again when nobody can say whether it arrived: at least once instead of at most once. Nothing: as
    // the channel's kind is best served.
    std::optional<bool> resend_unknown;
    std::chrono::milliseconds timeout{20'000};  // one attempt
    int attempts_max = 8;                       // until it failed for good
    std::chrono::seconds give_up_after{24 * 3600};
};

// What a channel has lately come to, kept over restarts.
struct ChannelHealth {
    std::string name;
    Kind kind = Kind::kWebhook;
    bool is_configured = false;  // no: it was once
    std::optional<Time> last_receipt;
    std::optional<Time> last_error;
    std::string last_error_text;
    uint64_t delivered_total = 0;
    uint64_t unknown_total = 0;
    uint64_t failed_total = 0;
    uint64_t waiting = 0;              // not settled now
    std::optional<Time> paused_until;  // asked to wait by its provider
};

}  // namespace nightshift::delivery
