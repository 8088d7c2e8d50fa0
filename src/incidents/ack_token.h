#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace nightshift::incidents {

// What the holder of a link may do: one thing to one incident, until a time.
struct AckGrant {
    std::string incident;
    std::string tenant;
    std::string action;  // "acknowledge", "resolve", ...
    std::string who;     // a person, or the channel it was sent to
    Time until;          // whole seconds count

    friend bool operator==(const AckGrant&, const AckGrant&) = default;
};

// A token for an address: the grant, readable, and its HMAC-SHA-256.
std::string sign(const AckGrant& grant, const Secret& key);

// The grant of a token that we signed for `incident`. kInvalid for what is no token; kForbidden, each with
// its own words, when the signature is wrong, when it is for another incident, and when it has expired.
Result<AckGrant> verify(std::string_view token, std::string_view incident, const Secret& key, Time now);

}  // namespace nightshift::incidents
