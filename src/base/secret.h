#pragma once

#include <string>
#include <utility>

namespace nightshift {

// A value that must not reach a log, an error or a screen. It has no formatter; reading it is explicit.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}

    bool is_empty() const { return value_.empty(); }
    // The value itself: only where it leaves the process, in a header or a signature.
    const std::string& reveal() const { return value_; }

private:
    std::string value_;
};

}  // namespace nightshift
