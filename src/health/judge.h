#pragma once

#include <optional>
#include <string>

#include "health/types.h"

namespace nightshift::health {

// What came back when we asked.
struct Answer {
    enum class Kind : uint8_t {
        kSpoke,     // somebody answered
        kSilent,    // nobody did, in time or at all; `why`
        kNotAsked,  // we could not ask, or not take the answer; `why`
    };
    Kind kind = Kind::kNotAsked;
    std::string why;
    std::string says =
        "answers";              // of kSpoke, before the status: "answers", "exits with", "takes connections"
    std::optional<int> status;  // of HTTP, or an exit code
    std::string body;           // or a command's output
    bool is_reached = false;    // of HTTP and TCP: a connection stood, whatever came of it
};

struct Judgement {
    Outcome outcome = Outcome::kUnknown;
    std::string
        says;  // what was seen and what should have been; redacted, with at most 200 bytes of the answer
};

// Whether an answer is what was expected. Pure; a right status with a wrong answer is bad.
Judgement judge(const Answer& answer, const Expectation& expected, Time now);

// What of an answer may be shown: one line, without secrets, cut.
std::string quote(std::string_view body);

// "GET http://127.0.0.1:9000/health", without the URL's query, which may hold secrets.
std::string describe(const Question& question);
// "200, with \"ok\", $.status is \"up\"".
std::string describe(const Expectation& expected);
// Why a probe that passes proves little: "proves only that something answers". "" when it looks inside.
std::string_view weakness(const Question& question);
// What is expected of the answer; of TCP nothing.
const Expectation& expectation_of(const Question& question);

}  // namespace nightshift::health
