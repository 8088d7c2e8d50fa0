#pragma once

#include <filesystem>

#include "base/file.h"
#include "base/result.h"

namespace nightshift::app {

// The folder that holds everything, locked so that two servers never share it. Unlocks when destroyed.
class DataFolder {
public:
    // Makes the folder (0700). kConflict when another process holds it.
    static Result<DataFolder> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return path_; }

private:
    DataFolder(std::filesystem::path path, FileDescriptor lock)
        : path_(std::move(path)), lock_(std::move(lock)) {}
    std::filesystem::path path_;
    FileDescriptor lock_;
};

}  // namespace nightshift::app
