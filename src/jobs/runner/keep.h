#pragma once

#include <filesystem>

namespace nightshift::jobs {

// The keeper's main; `nightshift keep RUN_FOLDER` calls it before anything else is set up. Returns the exit
// code.
int keep(const std::filesystem::path& run_folder);

}  // namespace nightshift::jobs
