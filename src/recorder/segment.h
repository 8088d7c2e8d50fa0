#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "recorder/segment_format.h"

namespace nightshift::recorder {

class Cube;

// Which cube a query wants.
struct CubeChoice {
    CubeKind kind = CubeKind::kAgent;
    bool is_minutes = false;
    bool has_status = true;  // false: rows that differ only in it are one
};

// A sealed file. Its footer is read when first asked for and may be forgotten again. Safe from any thread.
class Segment {
public:
    // Reads the trailer. `number` is the file's; `on_damage` is called once if the file turns out to be
    // damaged.
    static Result<std::shared_ptr<Segment>> open(std::filesystem::path path, uint64_t number,
                                                 std::function<void(Segment&, const Error&)> on_damage);
    // Deletes the file if it was marked; a query that still reads it has kept it until now.
    ~Segment();

    const std::filesystem::path& path() const { return path_; }
    uint64_t number() const { return number_; }
    uint64_t bytes() const { return bytes_; }
    const Trailer& trailer() const { return trailer_; }

    // kCorrupt, kIo.
    Result<std::shared_ptr<const Footer>> footer();
    // A cube of the rollup, or nothing when the segment has none of that kind.
    Result<std::shared_ptr<const Cube>> cube(const CubeChoice& choice);
    // Footer and cubes held.
    size_t cached_bytes() const;
    uint64_t cached_keys() const;
    void forget();

    Result<FileDescriptor> open_file() const;
    // Takes note of damage, once.
    void report(const Error& error);
    bool is_damaged() const { return is_damaged_; }
    void delete_when_unused() { is_deleted_ = true; }

private:
    Result<std::optional<Cube>> read_cube(const Footer& footer, CubeKind kind, bool is_minutes) const;

    Segment(std::filesystem::path path, uint64_t number) : path_(std::move(path)), number_(number) {}

    std::filesystem::path path_;
    uint64_t number_;
    uint64_t bytes_ = 0;
    Trailer trailer_;
    std::string trailer_bytes_;
    std::function<void(Segment&, const Error&)> on_damage_;
    std::atomic<bool> is_damaged_ = false;
    std::atomic<bool> is_deleted_ = false;

    mutable std::mutex mutex_;
    std::shared_ptr<const Footer> footer_;
    std::array<std::shared_ptr<const Cube>, 4 * kCubeKinds> cubes_;
    size_t cached_bytes_ = 0;
    uint64_t cached_keys_ = 0;
};

// `size` bytes at `offset`; kIo, or kCorrupt when the file is shorter.
Result<void> read_at(int fd, uint64_t offset, size_t size, char* out);

}  // namespace nightshift::recorder
