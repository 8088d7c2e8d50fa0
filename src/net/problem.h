#pragma once

#include <string_view>

#include "net/http.h"

namespace nightshift::net {

// What a refusal says, as a problem document (RFC 9457). Its type is about:blank, its title the status's
// phrase.
struct Problem {
    int status = 500;
    std::string_view code;     // for programs; "" is what the server itself says with this status
    std::string_view detail;   // for the reader: what is wrong and what to do
    std::string_view members;  // more of them, as JSON: "\"retry_ms\":1200"; "" is none
};

Response render(const Problem& problem);

}  // namespace nightshift::net
