#include "recorder/content_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>

#include "base/text.h"
#include "recorder/identity.h"
#include "recorder/segment.h"
#include "recorder/wire.h"

namespace nightshift::recorder {
namespace {

constexpr uint32_t kMagic = 0x3143534E;  // "NSC1"
constexpr size_t kHeadBytes = 24;
constexpr uint32_t kContentMax = 256u << 20;
constexpr int64_t kDayUs = 86400ll * 1000 * 1000;

std::string file_name(int64_t day, uint64_t number) {
    std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    return fmt::format("{:04}{:02}{:02}-{}.content", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), number);
}

std::optional<std::pair<int64_t, uint64_t>> parse_name(const std::filesystem::path& path) {
    std::string stem = path.stem().native();
    std::vector<std::string_view> parts = split(stem, '-');
    if (path.extension() != ".content" || parts.size() != 2 || parts[0].size() != 8) return std::nullopt;
    auto year = parse_int(parts[0].substr(0, 4));
    auto month = parse_uint(parts[0].substr(4, 2));
    auto day = parse_uint(parts[0].substr(6, 2));
    auto number = parse_uint(parts[1]);
    if (!year || !month || !day || !number) return std::nullopt;
    std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    return std::pair(std::chrono::sys_days(date).time_since_epoch().count(), *number);
}

}  // namespace

ContentStore::ContentStore(std::filesystem::path directory, Disk& disk)
    : directory_(std::move(directory)), disk_(disk) {
    std::error_code error;
    for (std::filesystem::directory_iterator at(directory_, error), end; !error && at != end;
         at.increment(error)) {
        auto key = parse_name(at->path());
        std::error_code ignored;
        if (key) files_[*key] = File{at->path(), at->file_size(ignored), 0, {}};
    }
}

Result<void> ContentStore::open(int64_t day) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) return fail(Code::kIo, "cannot create {}: {}", directory_.native(), error.message());
    std::lock_guard lock(mutex_);
    uint64_t number = 1;
    while (files_.contains({day, number})) ++number;
    std::filesystem::path path = directory_ / file_name(day, number);
    file_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file_.is_open()) return fail_errno("create", path.native());
    open_ = {day, number};
    files_[open_] = File{path, 0, 0, {}};
    return sync_directory(directory_);
}

Result<void> ContentStore::append(const EventBatch& batch, int64_t now_us) {
    std::string records;
    std::string stored;
    for (const Event& event : batch.events) {
        if (event.content.empty() || event.content.size() > kContentMax) continue;
        stored.clear();
        compressor_.append_frame(stored, event.content);
        put_fixed(records, kMagic);
        put_fixed(records, static_cast<uint32_t>(stored.size()));
        put_fixed(records, fingerprint(event.tenant, event.id));
        put_fixed(records, static_cast<uint32_t>(event.content.size()));
        put_fixed(records, checksum32(stored));
        records.append(stored);
    }
    if (records.empty()) return {};
    int64_t day = now_us / kDayUs;
    if (!file_.is_open() || open_.first != day) {
        Result<void> opened = open(day);
        if (!opened) return opened;
    }
    uint64_t offset = 0;
    std::filesystem::path path;
    {
        std::lock_guard lock(mutex_);
        offset = files_[open_].bytes;
        path = files_[open_].path;
    }
    Result<void> written = disk_.write(file_.get(), records, offset, path.native());
    if (written) written = disk_.sync(file_.get(), path.native());
    if (!written) {
        file_ = FileDescriptor();  // the next append begins a file
        return written;
    }
    std::lock_guard lock(mutex_);
    files_[open_].bytes += records.size();
    return {};
}

void ContentStore::index(File& file) {
    FileDescriptor from(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from.is_open()) return;
    char head[kHeadBytes];
    while (file.indexed + kHeadBytes <= file.bytes) {
        if (!read_at(from.get(), file.indexed, kHeadBytes, head)) return;
        WireReader reader({head, kHeadBytes});
        auto magic = reader.fixed<uint32_t>();
        auto stored = reader.fixed<uint32_t>();
        auto id = reader.fixed<uint64_t>();
        if (magic != kMagic || file.indexed + kHeadBytes + stored > file.bytes) return;
        file.offsets[id] = file.indexed;
        file.indexed += kHeadBytes + stored;
    }
}

Result<std::string> ContentStore::read(const File& file, uint64_t offset) {
    FileDescriptor from(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from.is_open()) return fail_errno("open", file.path.native());
    char head[kHeadBytes];
    Result<void> got = read_at(from.get(), offset, kHeadBytes, head);
    if (!got) return Failure(got.error());
    WireReader reader({head, kHeadBytes});
    reader.fixed<uint32_t>();
    auto stored_bytes = reader.fixed<uint32_t>();
    reader.fixed<uint64_t>();
    auto raw_bytes = reader.fixed<uint32_t>();
    auto sum = reader.fixed<uint32_t>();
    if (raw_bytes > kContentMax || stored_bytes > file.bytes)
        return fail(Code::kCorrupt, "{} is damaged at {}", file.path.native(), offset);
    std::string stored(stored_bytes, '\0');
    got = read_at(from.get(), offset + kHeadBytes, stored.size(), stored.data());
    if (!got) return Failure(got.error());
    if (checksum32(stored) != sum)
        return fail(Code::kCorrupt, "{} has a wrong checksum at {}", file.path.native(), offset);
    std::string content(raw_bytes, '\0');
    got = Decompressor().into(content.data(), content.size(), stored);
    if (!got) return Failure(got.error());
    return content;
}

Result<std::string> ContentStore::find(std::string_view tenant, std::string_view event_id) {
    uint64_t id = fingerprint(tenant, event_id);
    std::lock_guard lock(mutex_);
    for (auto at = files_.rbegin(); at != files_.rend(); ++at) {
        File& file = at->second;
        index(file);
        auto found = file.offsets.find(id);
        if (found != file.offsets.end()) return read(file, found->second);
    }
    return fail(Code::kNotFound, "no content is kept for the event {}", event_id);
}

void ContentStore::delete_before(int64_t before_us) {
    std::lock_guard lock(mutex_);
    std::erase_if(files_, [&](const auto& each) {
        bool is_old = (each.first.first + 1) * kDayUs <= before_us && each.first != open_;
        if (is_old) ::unlink(each.second.path.c_str());
        return is_old;
    });
}

uint64_t ContentStore::bytes() const {
    std::lock_guard lock(mutex_);
    uint64_t bytes = 0;
    for (const auto& [key, file] : files_) bytes += file.bytes;
    return bytes;
}

}  // namespace nightshift::recorder
