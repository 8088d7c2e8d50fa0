#pragma once

#include <string>
#include <string_view>

#include "recorder/event.h"

namespace nightshift::fleet {

// What the name of a session event says. Sources differ in words ("session_end", "conversation.closed"), so
// whole words inside the name are looked for; README.md lists them.
enum class SessionSign { kNone, kStarted, kEnded, kIdle, kWorking, kWaiting };

SessionSign session_sign(std::string_view name, recorder::Status status);

// Whether the event says that something went wrong.
bool is_failure(recorder::Status status);
// Whether it says that the work it names is still going on.
inline bool is_running(recorder::Status status) {
    return status == recorder::Status::kRunning;
}

// Whether the class of an error means "not now, later": 429, 529, overloaded, quota.
bool is_rate_limit(std::string_view error_type);

// Whether a message came from the person or program that gives the agent its work.
bool is_new_instruction(const recorder::Event& event);

// A text member of the event's attributes, or "". Parses: for rare events.
std::string attribute_text(const recorder::Event& event, std::string_view name);

// Whether a call waits or asks how something is going: repeating it is its purpose. `call` is the text of
// name and arguments.
bool is_polling_text(std::string_view call);

}  // namespace nightshift::fleet
