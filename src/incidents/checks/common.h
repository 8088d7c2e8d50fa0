#pragma once

#include <string>
#include <string_view>

#include "incidents/checks.h"
#include "incidents/evidence.h"
#include "incidents/limits.h"
#include "incidents/words.h"

namespace nightshift::incidents {

inline Check found(std::string_view name, Finding finding, std::string says,
                   std::vector<std::string> evidence = {}) {
    return {std::string(name), finding, cut(says, kTextBytesMax), std::move(evidence)};
}

inline Check not_gathered(std::string_view name, std::string_view what) {
    return found(name, Finding::kUnknown, std::string(what) + " could not be looked at in time");
}

}  // namespace nightshift::incidents
