#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace nightshift::delivery {

struct Mail {
    std::string from;
    std::string from_name;  // may be empty
    std::vector<std::string> to;
    std::string subject;
    std::string text;
    std::string message_id;  // without angle brackets
    std::string answers_id;  // of the message that this one answers; may be empty
    Time date;
};

// A plain-text message as SMTP sends it (RFC 5322, 2045, 2047): CRLF lines of at most 78 characters, 7 bits.
// No value can add a header.
std::string render_mail(const Mail& mail);

// One address of the plain form local@domain, in ASCII, of a sensible length.
bool is_mail_address(std::string_view text);

// What a server's 250 to the message calls it: the queue id of the common servers' answers, or "".
std::string queue_id_of(std::string_view answer);

}  // namespace nightshift::delivery
