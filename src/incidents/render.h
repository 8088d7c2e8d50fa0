#pragma once

#include <string>
#include <string_view>

#include "incidents/types.h"

namespace nightshift::incidents {

// Where a reader can go on; empty ones are left out.
struct Links {
    std::string incident;
    std::string acknowledge;
};

struct Rendered {
    std::string subject;  // one line
    std::string text;     // plain, at most kMessageBytesMax; the most important first
    std::string payload;  // JSON for programs: docs/incidents.md
};

// The message of an incident, for posts and edits.
Rendered render(const Incident& incident, const Links& links, Time now);

// One or two lines for a reply or a resolution; `says` as in Message.
std::string render_reply(const Incident& incident, std::string_view says, Time now);

}  // namespace nightshift::incidents
