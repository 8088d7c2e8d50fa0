#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace nightshift::app {

struct ServiceUnitOptions {
    std::filesystem::path program;
    std::filesystem::path data;
    std::filesystem::path config;  // empty: none
    std::string listen;
    bool is_system = false;  // a unit of the machine, else of the user
};

// The text of nightshift.service: notify, watchdog, restart always, and as little access as the work allows.
std::string render_service_unit(const ServiceUnitOptions& options);

// Writes it where systemd looks, and says in the result where that is.
Result<std::filesystem::path> install_service_unit(const ServiceUnitOptions& options);

}  // namespace nightshift::app
