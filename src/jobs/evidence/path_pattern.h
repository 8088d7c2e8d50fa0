#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace nightshift::jobs::evidence {

// A path with %Y %m %d %H %M %S %j (day of the year) and %%: fields of an occurrence's nominal time.
// Immutable.
class PathPattern {
public:
    // `zone` is an IANA name, "" for UTC. kInvalid for another %, or a zone that does not exist.
    static Result<PathPattern> parse(std::string text, std::string zone);

    std::string at(Time nominal) const;
    // For any time: each field becomes a glob of its digits.
    std::string at_any_time() const;
    const std::string& text() const { return text_; }

private:
    std::string text_;
    std::string zone_;
};

}  // namespace nightshift::jobs::evidence
