#include "jobs/runner/program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.h"

namespace nightshift::jobs {
namespace {

bool is_file(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_executable(const std::string& path) {
    return is_file(path) && ::access(path.c_str(), X_OK) == 0;
}

Result<void> check_folder(const std::string& folder) {
    struct stat status{};
    if (folder.empty()) return fail(Code::kInvalid, "the command names no working folder");
    if (::stat(folder.c_str(), &status) != 0) {
        return fail(Code::kInvalid, "the working folder {} does not exist", folder);
    }
    if (!S_ISDIR(status.st_mode)) return fail(Code::kInvalid, "the working folder {} is a file", folder);
    if (::access(folder.c_str(), X_OK) != 0) {
        return fail(Code::kInvalid, "the working folder {} may not be entered", folder);
    }
    return {};
}

}  // namespace

Result<std::string> resolve_program(const Command& command) {
    if (command.argv.empty() || command.argv[0].empty()) {
        return fail(Code::kInvalid, "the command is empty");
    }
    if (auto checked = check_folder(command.folder); !checked) return Failure(checked.error());
    const std::string& name = command.argv[0];
    const std::filesystem::path folder = command.folder;
    if (name.find('/') != std::string::npos) {
        std::string file = (folder / name).native();
        if (is_executable(file)) return file;
        if (is_file(file))
            return fail(Code::kInvalid, "{} is not executable (mode, or a file system that forbids it)",
                        file);
        return fail(Code::kInvalid, "the program {} does not exist", file);
    }
    auto search = command.environment.find("PATH");
    std::string_view paths = search == command.environment.end() ? "" : std::string_view(search->second);
    for (std::string_view each : split(paths, ':')) {
        std::string file = (folder / (each.empty() ? std::string_view(".") : each) / name).native();
        if (is_executable(file)) return file;
    }
    return fail(Code::kInvalid, "there is no program {} in PATH {}", name, paths);
}

}  // namespace nightshift::jobs
