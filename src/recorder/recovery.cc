#include "recorder/recovery.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/log.h"
#include "recorder/identity.h"
#include "recorder/log_files.h"

namespace nightshift::recorder {
namespace {

namespace fs = std::filesystem;

class Recovery {
public:
    Recovery(const Options& options, uint64_t sealed, View& view,
             const std::function<Result<void>()>& make_room)
        : directory_(options.directory / "log"),
          view_(view),
          make_room_(make_room),
          sealed_(sealed),
          ids_max_(options.dedupe_ids_max),
          recovered_{Dedupe(std::chrono::duration_cast<microseconds>(options.dedupe_window).count(),
                            options.dedupe_ids_max),
                     sealed + 1} {}

    Result<Recovered> run(int64_t ids_since_us);

private:
    void read_ids(const std::vector<LogFile>& files, int64_t since_us);
    Result<void> read_log(const LogFile& file);
    Result<void> take(const Record& record);

    fs::path directory_;
    View& view_;
    const std::function<Result<void>()>& make_room_;
    uint64_t sealed_;
    size_t ids_max_;
    Recovered recovered_;
    std::vector<uint64_t> file_ids_;
};

Result<Recovered> Recovery::run(int64_t ids_since_us) {
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) return fail(Code::kIo, "cannot create {}: {}", directory_.native(), error.message());
    NS_TRY(std::vector<LogFile> files, list_log_files(directory_));
    std::vector<LogFile> unsealed;
    for (size_t i = 0; i < files.size(); ++i) {
        bool is_sealed = i + 1 < files.size() && files[i + 1].first_row - 1 <= sealed_;
        if (is_sealed) {
            ::unlink(files[i].path.c_str());
        } else {
            unsealed.push_back(files[i]);
        }
    }
    read_ids(unsealed, ids_since_us);
    for (const LogFile& file : unsealed) {
        Result<void> read = read_log(file);
        if (!read) return Failure(read.error());
    }
    return std::move(recovered_);
}

// The ids of log files that are gone: of the newest lists only, as the set holds no more.
void Recovery::read_ids(const std::vector<LogFile>& files, int64_t since_us) {
    std::vector<std::pair<int64_t, fs::path>> lists;
    std::error_code error;
    for (fs::directory_iterator at(directory_, error), end; !error && at != end; at.increment(error)) {
        if (at->path().extension() != ".ids") continue;
        bool has_log = std::any_of(files.begin(), files.end(), [&](const LogFile& file) {
            return file.path.stem() == at->path().stem();
        });
        Result<int64_t> arrival = read_ids_arrival(at->path());
        if (!has_log && arrival && *arrival >= since_us) lists.emplace_back(*arrival, at->path());
    }
    std::sort(lists.begin(), lists.end());
    auto first = lists.end();
    for (uint64_t ids = 0; first != lists.begin() && ids < ids_max_;) {
        --first;
        std::error_code ignored;
        uint64_t bytes = fs::file_size(first->second, ignored);
        if (!ignored) ids += bytes / sizeof(uint64_t);
    }
    lists.erase(lists.begin(), first);
    for (const auto& [arrival, path] : lists) {
        Result<Fingerprints> list = read_fingerprints(path);
        if (!list) {
            log::warn("recorder", "{}; retries of older events may be doubled", list.error().message);
            continue;
        }
        constexpr size_t kAhead = 512;
        for (size_t at = 0; at < list->ids.size(); at += kAhead) {
            size_t end = std::min(at + kAhead, list->ids.size());
            recovered_.dedupe.prefetch({list->ids.begin() + static_cast<std::ptrdiff_t>(at),
                                        list->ids.begin() + static_cast<std::ptrdiff_t>(end)});
            for (size_t i = at; i < end; ++i) recovered_.dedupe.add(list->ids[i], list->arrival_us);
        }
    }
}

Result<void> Recovery::take(const Record& record) {
    const RecordHeader& header = record.header;
    recovered_.next_row = std::max(recovered_.next_row, header.first_row + header.events);
    Result<DecodedEvents> decoded = decode_events(record.payload, header.events);
    if (!decoded) {
        // Its checksum is right, so this is our own mistake or another version; the rest is still good.
        log::error("recorder", "a log record at row {} cannot be read: {}", header.first_row,
                   decoded.error().message);
        return {};
    }
    EventBatch kept;
    std::vector<bool> is_derived;
    std::vector<uint64_t> ids;
    for (const Event& event : decoded->batch->events) ids.push_back(fingerprint(event.tenant, event.id));
    recovered_.dedupe.prefetch(ids);
    file_ids_.insert(file_ids_.end(), ids.begin(), ids.end());
    for (size_t i = 0; i < decoded->batch->events.size(); ++i) {
        const Event& event = decoded->batch->events[i];
        // The remains of a commit that failed may be here beside its retry.
        if (!recovered_.dedupe.add(ids[i], header.arrival_us)) continue;
        kept.events.push_back(event);
        is_derived.push_back(decoded->is_derived[i]);
    }
    if (header.first_row <= sealed_ || kept.events.empty()) return {};
    view_.publish(kept, is_derived, header.first_row, header.arrival_us);
    return make_room_();
}

Result<void> Recovery::read_log(const LogFile& file) {
    file_ids_.clear();
    Result<void> taken;
    auto visit = [&](const Record& record) {
        taken = take(record);
        return taken.has_value();
    };
    NS_TRY(LogScan scan, scan_log_file(file.path, visit));
    if (!taken) return taken;
    if (scan.bytes_damaged > 0) {
        log::error("recorder", "{}: {} bytes are damaged and were skipped", file.path.native(),
                   scan.bytes_damaged);
    }
    if (scan.bytes_valid < file.bytes) {
        Result<void> cut = cut_log_file(file.path, scan.bytes_valid);
        if (!cut) return cut;
    }
    std::error_code ignored;
    fs::path ids_path = file.path;
    ids_path.replace_extension(".ids");
    if (!fs::exists(ids_path, ignored) && scan.last_row > 0) {
        Result<void> written = write_fingerprints(file.path, file_ids_, scan.last_arrival_us);
        if (!written) log::warn("recorder", "{}", written.error().message);
    }
    return {};
}

}  // namespace

Result<Recovered> recover(const Options& options, const Clock& clock, uint64_t sealed, View& view,
                          const std::function<Result<void>()>& make_room) {
    int64_t window_us = std::chrono::duration_cast<microseconds>(options.dedupe_window).count();
    return Recovery(options, sealed, view, make_room).run(unix_us(clock.now()) - 2 * window_us);
}

}  // namespace nightshift::recorder
