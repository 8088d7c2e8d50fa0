#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delivery/outcome.h"
#include "delivery/pace.h"
#include "delivery/types.h"
#include "io/pool.h"
#include "io/task.h"

namespace nightshift::delivery {

// The message of a thread, as its channel knows it: the receipt of the last one posted.
struct Anchor {
    std::string delivery;  // id of the one that posted it
    std::string address;   // address_of() its channel at that time
    std::string identifier;
    std::string place;
    std::string subject;
};

// What a channel is asked to send. Texts are valid UTF-8; the channel cuts them to its own limit.
struct Message {
    std::string id;  // the delivery's: the same in every attempt, so a provider that can may recognise it
    std::string tenant;
    std::string key;
    std::string subject;
    std::string text;
    std::string about;
    Time created;
    Time now;            // when this attempt starts
    Time first_attempt;  // when the first one started: read-backs look no further into the past
    // What is to be done now: an edit or a reply comes with the message that it is about.
    Mode mode = Mode::kPost;
    std::optional<Anchor> anchor;
    std::string thread;
    int64_t revision = 0;
    std::string severity;
    bool is_resolution = false;
    std::vector<Link> links;
    std::string payload;
};

// How a provider treats us and what it offers when nobody knows whether a message arrived.
struct Traits {
    std::string provider;
    // The provider drops a second message of the same id, so that an ambiguous one may be sent again.
    bool is_idempotent = false;
    // read_back() can find a message that was sent.
    bool can_read_back = false;
    // What read_back() does not find has not arrived, and may be sent again.
    bool is_absence_certain = false;
    // A message that was sent can be made to say something else. Without it edits are not sent at all: the
    // next reply tells the state.
    bool can_edit = false;
    PaceLimit pace;
    size_t sending_max = 4;  // at once
};

// One way to reach somebody. Immutable; used on the service's loop.
class Channel {
public:
    virtual ~Channel() = default;
    virtual const Traits& traits() const = 0;
    // One attempt. Ends soon after `stop` is requested, or when cancelled.
    virtual Task<Outcome> send(Message message, std::stop_token stop) const = 0;
    // Asks the provider whether the message is there: kDelivered, kAbsent, or a failure to ask. Only when
    // traits().can_read_back.
    virtual Task<Outcome> read_back(Message message, std::stop_token stop) const;
};

// kInvalid says what is wrong with `spec`. Channels that block do so on `pool`, which must outlive them; null
// only to check.
Result<std::unique_ptr<Channel>> make_channel(const ChannelSpec& spec, io::Pool* pool);

}  // namespace nightshift::delivery
