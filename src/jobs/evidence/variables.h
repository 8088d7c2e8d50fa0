#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace nightshift::jobs::evidence {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

// kInvalid for a ${ that is not closed or a name that is none.
Result<void> check_variables(std::string_view text);

// Puts values in the place of ${NAME} and remembers them, so that what others answer can be shown without
// them.
class Variables {
public:
    explicit Variables(Environment environment) : environment_(std::move(environment)) {}

    // kNotFound names the variable that is not set.
    Result<std::string> expand(std::string_view text);
    // The text with ${NAME} in the place of every value that expand() used.
    std::string hide(std::string text) const;

private:
    Environment environment_;
    std::vector<std::pair<std::string, std::string>> used_;  // value, "${NAME}"
};

}  // namespace nightshift::jobs::evidence
