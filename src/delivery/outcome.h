#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "delivery/types.h"

namespace nightshift::delivery {

// What one attempt came to.
struct Outcome {
    enum class Kind : uint8_t {
        kDelivered,    // with a receipt
        kTransient,    // it did not arrive; later may work
        kRateLimited,  // it did not arrive; the provider asks for patience
        kPermanent,    // it did not arrive, and would not later
        kAmbiguous,    // it may have arrived: bytes left, and nothing that came back settles it
        kAbsent,       // only of a read-back: the provider does not have it
        kUnreadable,   // only of a read-back: the provider could not be asked
        kUneditable    // only of an edit: the message is gone, or too old to be changed
    };
    Kind kind = Kind::kAmbiguous;
    Receipt receipt;    // of kDelivered
    std::string error;  // of all others, for the operator
    int status = 0;     // HTTP or SMTP; 0: no answer
    std::optional<std::chrono::milliseconds> retry_after;

    static Outcome delivered(Receipt receipt, int status);
    static Outcome failed(Kind kind, std::string error, int status = 0);
};

std::string_view to_string(Outcome::Kind kind);

}  // namespace nightshift::delivery
