#include "recorder/segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "recorder/cube.h"

namespace nightshift::recorder {

Result<void> read_at(int fd, uint64_t offset, size_t size, char* out) {
    while (size > 0) {
        ssize_t got = ::pread(fd, out, size, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read", "a segment");
        if (got == 0) return fail(Code::kCorrupt, "the file is shorter than it says");
        out += got;
        size -= static_cast<size_t>(got);
        offset += static_cast<uint64_t>(got);
    }
    return {};
}

Result<std::shared_ptr<Segment>> Segment::open(std::filesystem::path path, uint64_t number,
                                               std::function<void(Segment&, const Error&)> on_damage) {
    std::shared_ptr<Segment> segment(new Segment(std::move(path), number));
    segment->on_damage_ = std::move(on_damage);
    NS_TRY(FileDescriptor file, segment->open_file());
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return fail_errno("stat", segment->path_.native());
    segment->bytes_ = static_cast<uint64_t>(status.st_size);
    if (segment->bytes_ < kSegmentMagic.size() + kTrailerBytes)
        return fail(Code::kCorrupt, "it has only {} bytes", segment->bytes_);
    segment->trailer_bytes_.resize(kTrailerBytes);
    Result<void> got =
        read_at(file.get(), segment->bytes_ - kTrailerBytes, kTrailerBytes, segment->trailer_bytes_.data());
    if (!got) return Failure(got.error());
    NS_TRY(segment->trailer_, decode_trailer(segment->trailer_bytes_));
    if (segment->trailer_.footer_stored > segment->bytes_ - kTrailerBytes)
        return fail(Code::kCorrupt, "its footer is longer than the file");
    return segment;
}

Segment::~Segment() {
    if (is_deleted_) ::unlink(path_.c_str());
}

Result<FileDescriptor> Segment::open_file() const {
    FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return fail_errno("open", path_.native());
    return file;
}

Result<std::shared_ptr<const Footer>> Segment::footer() {
    std::lock_guard lock(mutex_);
    if (footer_ != nullptr) return footer_;
    NS_TRY(FileDescriptor file, open_file());
    std::string stored(trailer_.footer_stored, '\0');
    uint64_t offset = bytes_ - kTrailerBytes - trailer_.footer_stored;
    Result<void> got = read_at(file.get(), offset, stored.size(), stored.data());
    if (!got) return Failure(got.error());
    NS_TRY(Footer footer, decode_footer(stored, trailer_bytes_, bytes_));
    footer_ = std::make_shared<const Footer>(std::move(footer));
    cached_bytes_ += footer_->bytes();
    return footer_;
}

Result<std::optional<Cube>> Segment::read_cube(const Footer& footer, CubeKind kind, bool is_minutes) const {
    for (const CubeEntry& entry : footer.cubes) {
        if (entry.kind != kind || entry.is_minutes != is_minutes) continue;
        NS_TRY(FileDescriptor file, open_file());
        std::string stored(entry.stored, '\0');
        Result<void> got = read_at(file.get(), entry.offset, stored.size(), stored.data());
        if (!got) return Failure(got.error());
        if (checksum32(stored) != entry.checksum) return fail(Code::kCorrupt, "a cube has a wrong checksum");
        std::string raw(entry.raw, '\0');
        Result<void> unpacked = Decompressor().into(raw.data(), raw.size(), stored);
        if (!unpacked) return Failure(unpacked.error());
        NS_TRY(Cube cube, Cube::decode(raw, kind, is_minutes, trailer_.time_min));
        return std::optional<Cube>(std::move(cube));
    }
    return std::optional<Cube>();
}

Result<std::shared_ptr<const Cube>> Segment::cube(const CubeChoice& choice) {
    NS_TRY(std::shared_ptr<const Footer> footer, this->footer());
    bool has_status =
        choice.has_status || (cube_keys(choice.kind).numbers & 1u << index_of(Number::kStatus)) == 0;
    size_t place = static_cast<size_t>(choice.kind) + (choice.is_minutes ? kCubeKinds : 0) +
                   (has_status ? 0 : 2 * kCubeKinds);
    std::lock_guard lock(mutex_);
    std::shared_ptr<const Cube>& cached = cubes_[place];
    if (cached != nullptr) return cached;
    NS_TRY(std::optional<Cube> cube, read_cube(*footer, choice.kind, choice.is_minutes));
    if (!cube) return cached;
    cached = std::make_shared<const Cube>(has_status ? std::move(*cube) : cube->without_status());
    cached_bytes_ += cached->bytes();
    cached_keys_ += cached->rows();
    return cached;
}

size_t Segment::cached_bytes() const {
    std::lock_guard lock(mutex_);
    return cached_bytes_;
}

uint64_t Segment::cached_keys() const {
    std::lock_guard lock(mutex_);
    return cached_keys_;
}

void Segment::forget() {
    std::lock_guard lock(mutex_);
    footer_ = nullptr;
    cubes_ = {};
    cached_bytes_ = 0;
    cached_keys_ = 0;
}

void Segment::report(const Error& error) {
    if (!is_damaged_.exchange(true) && on_damage_) on_damage_(*this, error);
}

}  // namespace nightshift::recorder
