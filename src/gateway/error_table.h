#pragma once

#include <chrono>

#include "gateway/error_class.h"

// The error table: what each class of failure means for the call, the key, the target and the client. Pure.
namespace nightshift::gateway {

enum class Fallback {
    kNo,
    kYes,
    kLargerWindow,  // only to a target that declares more context
    kOptIn,         // as the route says
};

enum class Cooldown {
    kNone,
    kRetryAfter,  // until the provider's word, at most kCooldownMax
    kQuota,       // for minutes: no waiting of seconds cures it
    kKey,         // the key is set aside
};

// Where an attempt stood when it failed.
enum class Phase { kBeforeCommit, kAfterCommit };

struct Ruling {
    bool retries_same = false;  // once, after a jitter, when it failed quickly
    bool tries_next_key = false;
    Fallback fallback = Fallback::kNo;
    bool counts_for_breaker = false;
    Cooldown cooldown = Cooldown::kNone;
    // What the client gets when the chain ends here; 0: the upstream's own answer.
    int client_status = 502;
    const char* client_code = "";
};

// After the commit nothing is tried again whatever the class; what it means for breaker and key stays.
Ruling rule(ErrorClass error_class, Phase phase);

inline constexpr std::chrono::seconds kCooldownDefault{5};
inline constexpr std::chrono::seconds kCooldownMax{60};
inline constexpr std::chrono::minutes kQuotaCooldown{5};
inline constexpr std::chrono::minutes kKeySetAside{5};

}  // namespace nightshift::gateway
