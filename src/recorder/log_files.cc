#include "recorder/log_files.h"

#include <fcntl.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "recorder/wire.h"

namespace nightshift::recorder {
namespace {

constexpr uint32_t kIdsMagic = 0x3149534E;  // "NSI1"
constexpr size_t kLogFileBytesMax = 1u << 30;

// The offset of the next valid record at or after `from`, or the end.
size_t find_record(std::string_view bytes, size_t from, uint64_t row_min) {
    for (size_t at = (from + 7) / 8 * 8; at + kRecordHeaderBytes <= bytes.size(); at += 8) {
        uint32_t magic = 0;
        std::memcpy(&magic, bytes.data() + at, sizeof magic);
        if (magic != kRecordMagic) continue;
        Result<Record> record = parse_record(bytes.substr(at));
        if (record && record->header.first_row >= row_min) return at;
    }
    return bytes.size();
}

}  // namespace

std::string log_file_name(uint64_t first_row) {
    return fmt::format("{:020}.log", first_row);
}

Result<std::vector<LogFile>> list_log_files(const std::filesystem::path& directory) {
    std::vector<LogFile> files;
    std::error_code error;
    for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
         at.increment(error)) {
        if (at->path().extension() != ".log") continue;
        std::optional<uint64_t> row = parse_uint(at->path().stem().native());
        std::error_code size_error;
        uint64_t bytes = at->file_size(size_error);
        if (row && !size_error) files.push_back({at->path(), *row, bytes});
    }
    if (error) return fail(Code::kIo, "cannot list {}: {}", directory.native(), error.message());
    std::sort(files.begin(), files.end(),
              [](const LogFile& a, const LogFile& b) { return a.first_row < b.first_row; });
    return files;
}

Result<LogScan> scan_log_file(const std::filesystem::path& path,
                              const std::function<bool(const Record&)>& visit) {
    NS_TRY(std::string bytes, read_file(path, kLogFileBytesMax));
    LogScan scan;
    size_t at = 0;
    while (at < bytes.size()) {
        Result<Record> record = parse_record(std::string_view(bytes).substr(at));
        if (!record) {
            size_t next = find_record(bytes, at, scan.last_row + 1);
            if (next >= bytes.size()) break;
            scan.bytes_damaged += next - at;
            at = next;
            continue;
        }
        scan.last_row = record->header.first_row + record->header.events - 1;
        scan.last_arrival_us = record->header.arrival_us;
        at += record->bytes;
        scan.bytes_valid = at;
        if (!visit(*record)) break;
    }
    return scan;
}

Result<void> write_fingerprints(const std::filesystem::path& log_path,
                                const std::vector<uint64_t>& fingerprints, int64_t arrival_us) {
    std::string bytes;
    bytes.reserve(32 + fingerprints.size() * 8);
    put_fixed(bytes, kIdsMagic);
    put_fixed(bytes, uint32_t{0});
    put_fixed(bytes, static_cast<uint64_t>(fingerprints.size()));
    put_fixed(bytes, arrival_us);
    bytes.append(reinterpret_cast<const char*>(fingerprints.data()), fingerprints.size() * 8);
    put_fixed(bytes, XXH3_64bits(bytes.data(), bytes.size()));
    std::filesystem::path path = log_path;
    return write_file_atomically(path.replace_extension(".ids"), bytes, 0640);
}

Result<Fingerprints> read_fingerprints(const std::filesystem::path& ids_path) {
    NS_TRY(std::string bytes, read_file(ids_path, kLogFileBytesMax));
    WireReader reader(bytes);
    auto magic = reader.fixed<uint32_t>();
    reader.fixed<uint32_t>();
    auto count = reader.fixed<uint64_t>();
    Fingerprints found;
    found.arrival_us = reader.fixed<int64_t>();
    bool is_whole =
        reader.is_ok() && magic == kIdsMagic && count <= reader.left() / 8 && reader.left() == count * 8 + 8;
    if (!is_whole) return fail(Code::kCorrupt, "{} is not a list of fingerprints", ids_path.native());
    found.ids.resize(count);
    std::memcpy(found.ids.data(), reader.bytes(count * 8).data(), count * 8);
    if (reader.fixed<uint64_t>() != XXH3_64bits(bytes.data(), bytes.size() - 8)) {
        return fail(Code::kCorrupt, "{} has a wrong checksum", ids_path.native());
    }
    return found;
}

Result<int64_t> read_ids_arrival(const std::filesystem::path& ids_path) {
    FileDescriptor file(::open(ids_path.c_str(), O_RDONLY | O_CLOEXEC));
    int64_t arrival_us = 0;
    if (!file.is_open() || ::pread(file.get(), &arrival_us, sizeof arrival_us, 16) != sizeof arrival_us) {
        return fail(Code::kIo, "cannot read {}", ids_path.native());
    }
    return arrival_us;
}

Result<void> cut_log_file(const std::filesystem::path& path, uint64_t bytes) {
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.is_open()) return fail_errno("open", path.native());
    if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) return fail_errno("cut", path.native());
    if (::fdatasync(file.get()) != 0) return fail_errno("sync", path.native());
    return {};
}

}  // namespace nightshift::recorder
