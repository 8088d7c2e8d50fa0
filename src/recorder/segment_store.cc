#include "recorder/segment_store.h"

#define XXH_INLINE_ALL
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <system_error>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "recorder/compaction.h"

namespace nightshift::recorder {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHeadLine = "nightshift-recorder 1";
// In the name of a file that replaces others, so that only those need a look at their footer.
constexpr std::string_view kCompactedSuffix = "-c";

std::string hour_folder(int64_t hour) {
    if (hour == Partition::kStray) return "stray";
    auto day = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::hours>(std::chrono::hours(hour)));
    std::chrono::year_month_day date(day);
    auto of_day = hour - std::chrono::duration_cast<std::chrono::hours>(day.time_since_epoch()).count();
    return fmt::format("{:04}{:02}{:02}{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day);
}

// The number in a file's name, and whether it replaces others.
std::optional<std::pair<uint64_t, bool>> parse_name(const fs::path& path) {
    std::string stem = path.stem().native();
    bool is_compacted = stem.ends_with(kCompactedSuffix);
    if (is_compacted) stem.resize(stem.size() - kCompactedSuffix.size());
    std::optional<uint64_t> number = parse_uint(stem);
    if (!number) return std::nullopt;
    return std::pair(*number, is_compacted);
}

}  // namespace

std::string tenant_folder(const std::string& tenant) {
    std::string name = percent_encode(tenant);
    if (name.size() <= 100) return "t-" + name;
    XXH128_hash_t hash = XXH3_128bits(tenant.data(), tenant.size());
    return "h-" + to_hex(&hash, sizeof hash);
}

Result<uint64_t> SegmentStore::read_checkpoint() const {
    Result<std::string> text = read_file(directory_ / "checkpoint", 4096);
    if (!text) {
        if (text.error().code == Code::kNotFound) return 0;
        return Failure(text.error());
    }
    std::vector<std::string_view> lines = split(*text, '\n');
    if (lines.size() >= 2 && lines[0] == kHeadLine && lines[1].starts_with("sealed ")) {
        if (std::optional<uint64_t> row = parse_uint(lines[1].substr(7))) return *row;
    }
    return fail(Code::kCorrupt, "{} is not a checkpoint; move it away to start from the log",
                (directory_ / "checkpoint").native());
}

Result<void> SegmentStore::write_checkpoint(uint64_t sealed) const {
    return write_file_atomically(directory_ / "checkpoint",
                                 fmt::format("{}\nsealed {}\n", kHeadLine, sealed));
}

fs::path SegmentStore::partition_path(const Partition& partition) const {
    return directory_ / "segments" / tenant_folder(partition.tenant) / hour_folder(partition.hour);
}

std::string SegmentStore::set_aside(const fs::path& path, const Error& error) const {
    std::error_code ignored;
    fs::create_directories(directory_ / "set_aside", ignored);
    fs::path target = directory_ / "set_aside" / path.lexically_relative(directory_ / "segments");
    fs::create_directories(target.parent_path(), ignored);
    std::error_code failed;
    fs::rename(path, target, failed);
    std::string message = fmt::format("{} is damaged and was set aside: {}", path.native(), error.message);
    if (failed) message += fmt::format(" (it could not be moved: {})", failed.message());
    log::error("recorder", "{}", message);
    return message;
}

void SegmentStore::open_file(const fs::path& path, Opened& opened) {
    std::error_code ignored;
    if (path.extension() == ".new") {
        fs::remove(path, ignored);
        return;
    }
    auto name = parse_name(path);
    if (path.extension() != ".segment" || !name) return;
    next_number_ = std::max(next_number_, name->first + 1);
    Result<std::shared_ptr<Segment>> segment = Segment::open(path, name->first, on_damage_);
    if (segment && name->second) {
        // Its footer says what it replaces; if it cannot be read, those may still be there.
        auto footer = (*segment)->footer();
        if (!footer) segment = Failure(footer.error());
    }
    if (!segment) {
        opened.set_aside.push_back(set_aside(path, segment.error()));
    } else if ((*segment)->trailer().last_row > opened.sealed) {
        fs::remove(path, ignored);  // sealing was interrupted; its rows are in the log
    } else {
        opened.segments.push_back(std::move(*segment));
    }
}

void SegmentStore::drop_replaced(Opened& opened) const {
    std::vector<std::pair<fs::path, uint64_t>> replaced;
    for (const auto& segment : opened.segments) {
        if (!segment->path().stem().native().ends_with(kCompactedSuffix)) continue;
        auto footer = segment->footer();
        if (!footer) continue;
        for (uint64_t number : (*footer)->replaces)
            replaced.emplace_back(segment->path().parent_path(), number);
        segment->forget();
    }
    std::sort(replaced.begin(), replaced.end());
    std::erase_if(opened.segments, [&](const std::shared_ptr<Segment>& segment) {
        bool is_replaced = std::binary_search(replaced.begin(), replaced.end(),
                                              std::pair(segment->path().parent_path(), segment->number()));
        if (is_replaced) segment->delete_when_unused();
        return is_replaced;
    });
}

Result<SegmentStore::Opened> SegmentStore::open() {
    Opened opened;
    NS_TRY(opened.sealed, read_checkpoint());
    std::error_code error;
    fs::create_directories(directory_ / "segments", error);
    if (error)
        return fail(Code::kIo, "cannot create {}: {}", (directory_ / "segments").native(), error.message());
    std::vector<fs::path> paths;
    for (fs::recursive_directory_iterator at(directory_ / "segments", error), end; !error && at != end;
         at.increment(error)) {
        std::error_code ignored;
        if (at->is_regular_file(ignored)) paths.push_back(at->path());
    }
    if (error)
        return fail(Code::kIo, "cannot list {}: {}", (directory_ / "segments").native(), error.message());
    for (const fs::path& path : paths) open_file(path, opened);
    drop_replaced(opened);
    return opened;
}

Result<std::shared_ptr<Segment>> SegmentStore::write(const SegmentContent& content, const fs::path& folder,
                                                     uint64_t& keys_folded, const Rest& rest) {
    std::error_code error;
    bool is_new_folder = fs::create_directories(folder, error);
    if (error) return fail(Code::kIo, "cannot create {}: {}", folder.native(), error.message());
    if (is_new_folder) {
        for (fs::path above = folder.parent_path(); above != directory_ && above.has_relative_path();
             above = above.parent_path()) {
            Result<void> synced = sync_directory(above);
            if (!synced) return Failure(synced.error());
        }
    }
    uint64_t number = next_number_++;
    fs::path path =
        folder / fmt::format("{:08}{}.segment", number, content.replaces.empty() ? "" : kCompactedSuffix);
    NS_TRY(WrittenSegment written, write_segment(content, path, disk_, rest));
    keys_folded += written.keys_folded;
    return Segment::open(path, number, on_damage_);
}

Result<std::vector<std::shared_ptr<Segment>>> SegmentStore::seal(const Memtable& rows, uint64_t& keys_folded,
                                                                 const Rest& rest) {
    std::vector<std::shared_ptr<Segment>> segments;
    Result<void> done;
    for (const auto& [partition, part] : rows.partitions()) {
        SegmentContent content;
        content.tenant = partition.tenant;
        content.rows.assign(part.blocks.begin(), part.blocks.end());
        content.last_row = rows.last_row();
        content.has_rollup = partition.hour != Partition::kStray;
        Result<std::shared_ptr<Segment>> segment =
            write(content, partition_path(partition), keys_folded, rest);
        if (!segment) {
            done = Failure(segment.error());
            break;
        }
        segments.push_back(std::move(*segment));
    }
    if (done) done = write_checkpoint(rows.last_row());
    if (done) return segments;
    for (auto& segment : segments) segment->delete_when_unused();
    return Failure(done.error());
}

Result<std::shared_ptr<Segment>> SegmentStore::compact(const std::vector<std::shared_ptr<Segment>>& old,
                                                       const Rest& rest) {
    NS_TRY(SegmentContent content, merge_segments(old));
    content.has_rollup = old.front()->path().parent_path().filename() != "stray";
    uint64_t keys_folded = 0;
    return write(content, old.front()->path().parent_path(), keys_folded, rest);
}

}  // namespace nightshift::recorder
