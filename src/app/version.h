#pragma once

#include <string_view>

namespace nightshift::app {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace nightshift::app
