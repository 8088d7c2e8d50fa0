#include "jobs/evidence/find_files.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include "base/text.h"
#include "jobs/evidence/time_text.h"

namespace nightshift::jobs::evidence {
namespace {

namespace fs = std::filesystem;

constexpr milliseconds kClockGrain{10};
constexpr int kDepthMax = 32;

bool means_absent(int error) {
    return error == ENOENT || error == ENOTDIR;
}

class Walk {
public:
    explicit Walk(Until until) : until_(until) {}

    // Follows the components of a glob from `at` on.
    Result<void> expand(const fs::path& at, const std::vector<std::string>& parts, size_t next) {
        if (next == parts.size()) return add(at);
        const std::string& part = parts[next];
        if (part == "**") return expand_any(at, parts, next, 0);
        if (!is_glob(part)) return expand(at / part, parts, next + 1);
        NS_TRY(std::vector<std::string> names, list(at));
        for (const std::string& name : names) {
            if (::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
            if (auto done = expand(at / name, parts, next + 1); !done) return done;
        }
        return {};
    }

    // A regular file; other things and absent ones are passed over.
    Result<void> add(const fs::path& path) {
        struct stat about{};
        if (::stat(path.c_str(), &about) != 0) {
            if (means_absent(errno) || errno == ELOOP) return {};
            return fail_errno("stat", path.native());
        }
        if (!S_ISREG(about.st_mode) || !seen_.insert(path.native()).second) return {};
        auto modified =
            std::chrono::seconds(about.st_mtim.tv_sec) + std::chrono::nanoseconds(about.st_mtim.tv_nsec);
        found_.push_back(
            {path, static_cast<uint64_t>(about.st_size), Time(std::chrono::floor<microseconds>(modified))});
        return {};
    }

    Result<void> add_all_below(const fs::path& folder, int depth) {
        NS_TRY(std::vector<std::string> names, list(folder));
        for (const std::string& name : names) {
            if (is_folder(folder / name)) {
                if (depth >= kDepthMax) return fail(Code::kLimit, "{} is too deep", folder.native());
                if (auto done = add_all_below(folder / name, depth + 1); !done) return done;
            } else if (auto done = add(folder / name); !done) {
                return done;
            }
        }
        return {};
    }

    std::vector<FoundFile> take() {
        std::sort(found_.begin(), found_.end(), [](const FoundFile& a, const FoundFile& b) {
            return a.modified != b.modified ? a.modified > b.modified : a.path < b.path;
        });
        return std::move(found_);
    }

private:
    Result<void> expand_any(const fs::path& at, const std::vector<std::string>& parts, size_t next,
                            int depth) {
        if (auto done = expand(at, parts, next + 1); !done) return done;
        NS_TRY(std::vector<std::string> names, list(at));
        for (const std::string& name : names) {
            if (name[0] == '.' || !is_folder(at / name)) continue;
            if (depth >= kDepthMax) return fail(Code::kLimit, "{} is too deep", at.native());
            if (auto done = expand_any(at / name, parts, next, depth + 1); !done) return done;
        }
        return {};
    }

    // Not through a symbolic link: it may lead back.
    static bool is_folder(const fs::path& path) {
        struct stat about{};
        return ::lstat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
    }

    Result<std::vector<std::string>> list(const fs::path& folder) {
        std::vector<std::string> names;
        std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
        if (!open) {
            if (means_absent(errno)) return names;
            return fail_errno("read the folder", folder.native());
        }
        while (const dirent* entry = ::readdir(open.get())) {
            std::string_view name = entry->d_name;
            if (name == "." || name == "..") continue;
            if (++entries_ > kEntriesMax)
                return fail(Code::kLimit, "there are more than {} entries below {}", kEntriesMax,
                            folder.native());
            if (entries_ % 256 == 0 && has_passed(until_))
                return fail(Code::kTimeout, "reading the folder {} took too long", folder.native());
            names.emplace_back(name);
        }
        return names;
    }

    Until until_;
    size_t entries_ = 0;
    std::set<std::string> seen_;
    std::vector<FoundFile> found_;
};

}  // namespace

bool is_glob(std::string_view path) {
    return path.find_first_of("*?[") != path.npos;
}

Result<std::vector<FoundFile>> find_files(const std::string& path, const std::string& folder, Until until) {
    Walk walk(until);
    fs::path start = path.starts_with('/') ? fs::path("/") : fs::path(folder);
    fs::path full = start / path;
    Result<void> walked;
    struct stat about{};
    if (is_glob(path)) {
        std::vector<std::string> parts;
        for (std::string_view part : split(path, '/')) {
            if (!part.empty() && part != ".") parts.emplace_back(part);
        }
        if (parts.back() == "**") parts.emplace_back("*");
        walked = walk.expand(start, parts, 0);
    } else if (::stat(full.c_str(), &about) == 0 && S_ISDIR(about.st_mode)) {
        walked = walk.add_all_below(full, 0);
    } else {
        walked = walk.add(full);
    }
    if (!walked) return Failure(walked.error());
    return walk.take();
}

std::string describe_file(const FoundFile& file) {
    return fmt::format("{} ({} bytes, modified {})", file.path.native(), file.bytes,
                       time_text(file.modified));
}

bool is_newer(const FoundFile& file, Time start) {
    return file.modified + kClockGrain >= start;
}

}  // namespace nightshift::jobs::evidence
