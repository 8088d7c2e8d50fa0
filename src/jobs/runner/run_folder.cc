#include "jobs/runner/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>

#include "base/text.h"

namespace nightshift::jobs {
namespace {

namespace json = boost::json;
using std::filesystem::path;

constexpr size_t kFileBytesMax = 64u << 10;
constexpr uint32_t kPartsMax = 100;

path lock_path(const path& folder) {
    return folder / "lock";
}
path start_path(const path& folder) {
    return folder / "started.json";
}
path end_path(const path& folder) {
    return folder / "exit.json";
}

struct flock whole_file() {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

// Asks without taking it, so that nobody who wants it meets us.
bool is_locked(const path& folder) {
    FileDescriptor file(::open(lock_path(folder).c_str(), O_RDWR | O_CLOEXEC));
    if (!file.is_open()) return false;
    struct flock lock = whole_file();
    return ::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool is_there(const path& file) {
    std::error_code error;
    return std::filesystem::exists(file, error);
}

std::optional<json::object> read_object(const path& file) {
    auto text = read_file(file, kFileBytesMax);
    if (!text) return std::nullopt;
    boost::system::error_code error;
    json::value value = json::parse(*text, error);
    if (error || !value.is_object()) return std::nullopt;
    return value.as_object();
}

int64_t integer(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    boost::system::error_code error;
    return value == nullptr ? 0 : value->to_number<int64_t>(error);
}

std::string text(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

ProcessIdentity identity(const json::object& object, std::string_view pid, std::string_view ticks) {
    return {static_cast<pid_t>(integer(object, pid)), static_cast<uint64_t>(integer(object, ticks))};
}

std::optional<RunStart> read_start(const path& folder) {
    auto object = read_object(start_path(folder));
    if (!object) return std::nullopt;
    return RunStart{.boot_id = text(*object, "boot_id"),
                    .keeper = identity(*object, "keeper_pid", "keeper_start_ticks"),
                    .command = identity(*object, "pid", "start_ticks"),
                    .time = from_unix_us(integer(*object, "started_us")),
                    .group = text(*object, "group")};
}

std::optional<Execution> read_end(const path& folder) {
    auto object = read_object(end_path(folder));
    if (!object) return std::nullopt;
    Execution execution;
    execution.started = from_unix_us(integer(*object, "started_us"));
    execution.ended = from_unix_us(integer(*object, "ended_us"));
    const json::value* code = object->if_contains("exit_code");
    if (code != nullptr && code->is_int64()) execution.exit_code = static_cast<int>(code->as_int64());
    execution.signal = static_cast<int>(integer(*object, "signal"));
    const json::value* timed_out = object->if_contains("timed_out");
    execution.timed_out = timed_out != nullptr && timed_out->is_bool() && timed_out->as_bool();
    execution.error = text(*object, "error");
    execution.output_path = output_path(folder).native();
    execution.output_bytes = static_cast<uint64_t>(integer(*object, "output_bytes"));
    execution.output_dropped_bytes = static_cast<uint64_t>(integer(*object, "output_dropped_bytes"));
    execution.cpu_ms = integer(*object, "cpu_ms");
    execution.memory_peak_bytes = integer(*object, "memory_peak_bytes");
    return execution;
}

// What can still be said of a run whose keeper said nothing.
Execution lost_execution(const path& folder, const std::optional<RunStart>& start) {
    Execution execution;
    execution.lost = true;
    if (start) execution.started = start->time;
    execution.output_path = output_path(folder).native();
    for (const auto& part : output_parts(folder)) {
        struct stat status{};
        if (::stat(part.c_str(), &status) != 0) continue;
        execution.output_bytes += static_cast<uint64_t>(status.st_size);
        // The last word it wrote is the last we know of it.
        execution.ended = std::max({execution.ended, execution.started,
                                    from_unix_us(int64_t{status.st_mtim.tv_sec} * 1'000'000 +
                                                 int64_t{status.st_mtim.tv_nsec} / 1000)});
    }
    return execution;
}

}  // namespace

RunFound inspect_run(const path& folder) {
    RunFound found;
    found.start = read_start(folder);
    auto ended = read_end(folder);
    if (!ended && is_locked(folder)) {
        found.state = RunState::kRunning;
        return found;
    }
    // The keeper may have ended between the two looks.
    if (!ended) ended = read_end(folder);
    if (!found.start) found.start = read_start(folder);
    if (ended) {
        found.state = RunState::kEnded;
        found.execution = std::move(*ended);
    } else if (found.start || is_there(start_path(folder)) || is_there(end_path(folder))) {
        found.state = RunState::kLost;
        found.execution = lost_execution(folder, found.start);
    }
    return found;
}

Result<FileDescriptor> claim_run(const path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return fail_errno("make folder", folder.native());
    }
    FileDescriptor file(::open(lock_path(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.is_open()) return fail_errno("open", lock_path(folder).native());
    struct flock lock = whole_file();
    if (::fcntl(file.get(), F_OFD_SETLK, &lock) != 0) {
        if (errno != EAGAIN && errno != EACCES) return fail_errno("lock", lock_path(folder).native());
        return fail(Code::kConflict, "{} is locked: this run is being started or runs", folder.native());
    }
    if (is_there(start_path(folder)) || is_there(end_path(folder))) {
        return fail(Code::kConflict, "{} was started before; a run folder is used once", folder.native());
    }
    return file;
}

bool is_lock_of(int fd, const path& folder) {
    struct stat held{};
    struct stat named{};
    return ::fstat(fd, &held) == 0 && ::stat(lock_path(folder).c_str(), &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

Result<void> write_start(const path& folder, const RunStart& start) {
    std::string out = R"({"boot_id":)";
    append_json_string(out, start.boot_id);
    out += R"(,"group":)";
    append_json_string(out, start.group);
    fmt::format_to(std::back_inserter(out),
                   R"(,"keeper_pid":{},"keeper_start_ticks":{},"pid":{},"start_ticks":{},"started_us":{}}})",
                   start.keeper.pid, start.keeper.start_ticks, start.command.pid, start.command.start_ticks,
                   unix_us(start.time));
    return write_file_atomically(start_path(folder), out + "\n", 0600);
}

Result<void> write_end(const path& folder, const Execution& execution, size_t leftovers) {
    std::string out;
    fmt::format_to(std::back_inserter(out),
                   R"({{"started_us":{},"ended_us":{},"exit_code":{},"signal":{},"timed_out":{},"error":)",
                   unix_us(execution.started), unix_us(execution.ended),
                   execution.exit_code ? std::to_string(*execution.exit_code) : "null", execution.signal,
                   execution.timed_out);
    append_json_string(out, truncate_utf8(execution.error, 4096));
    fmt::format_to(std::back_inserter(out),
                   R"(,"output_bytes":{},"output_dropped_bytes":{},"cpu_ms":{},"memory_peak_bytes":{},)"
                   R"("leftovers":{}}})",
                   execution.output_bytes, execution.output_dropped_bytes, execution.cpu_ms,
                   execution.memory_peak_bytes, leftovers);
    return write_file_atomically(end_path(folder), out + "\n", 0600);
}

path output_path(const path& folder, uint32_t age) {
    return age == 0 ? folder / "output" : folder / ("output." + std::to_string(age));
}

std::vector<path> output_parts(const path& folder) {
    std::vector<path> parts;
    for (uint32_t age = 0; age < kPartsMax; ++age) {
        path part = output_path(folder, age);
        if (!is_there(part)) break;
        parts.push_back(std::move(part));
    }
    std::reverse(parts.begin(), parts.end());
    return parts;
}

}  // namespace nightshift::jobs
