#include "app/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace nightshift::app {

Result<DataFolder> DataFolder::open(const std::filesystem::path& path) {
    if (path.empty()) return fail(Code::kInvalid, "--data needs a folder");
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return fail(Code::kIo, "create {}: {}", path.native(), error.message());
    ::chmod(path.c_str(), 0700);
    FileDescriptor lock(::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.is_open()) return fail_errno("open", (path / "lock").native());
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail(Code::kConflict, "{} is in use by another nightshift; stop it or choose another --data",
                    path.native());
    }
    return DataFolder(path, std::move(lock));
}

}  // namespace nightshift::app
