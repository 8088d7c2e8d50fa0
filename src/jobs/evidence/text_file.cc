#include "jobs/evidence/text_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>

#include "base/assert.h"
#include "base/file.h"
#include "base/text.h"

namespace nightshift::jobs::evidence {
namespace {

constexpr size_t kPieceBytes = 1u << 20;

struct Opened {
    FileDescriptor file;
    uint64_t bytes = 0;
};

Result<Opened> open_regular(const std::filesystem::path& path) {
    // Without O_NONBLOCK the open of a pipe waits for a writer.
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.is_open()) {
        if (errno == ENOENT || errno == ENOTDIR)
            return fail(Code::kNotFound, "there is no {}", path.native());
        return fail_errno("open", path.native());
    }
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return fail_errno("stat", path.native());
    if (!S_ISREG(about.st_mode)) return fail(Code::kInvalid, "{} is not a regular file", path.native());
    return Opened{std::move(file), static_cast<uint64_t>(about.st_size)};
}

// Reads `bytes` from `from` on, a piece at a time, fewer when the file ends before.
Result<void> read_pieces(const Opened& opened, const std::filesystem::path& path, uint64_t from,
                         uint64_t bytes, Until until, const std::function<void(std::string_view)>& take) {
    std::string piece(kPieceBytes, '\0');
    while (bytes > 0) {
        if (has_passed(until))
            return fail(Code::kTimeout, "reading {} ({} bytes) took too long", path.native(), opened.bytes);
        size_t wanted = std::min<uint64_t>(bytes, piece.size());
        ssize_t count = ::pread(opened.file.get(), piece.data(), wanted, static_cast<off_t>(from));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("read", path.native());
        if (count == 0) break;
        take(std::string_view(piece.data(), static_cast<size_t>(count)));
        from += static_cast<uint64_t>(count);
        bytes -= static_cast<uint64_t>(count);
    }
    return {};
}

class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
        NS_ASSERT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
    }
    void add(std::string_view bytes) {
        NS_ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    }
    std::string hex() {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int size = 0;
        NS_ASSERT(EVP_DigestFinal_ex(context_.get(), digest, &size) == 1);
        return to_hex(digest, size);
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

Result<FileText> read_end(const std::filesystem::path& path, size_t bytes_max, Until until) {
    NS_TRY(Opened opened, open_regular(path));
    FileText read;
    read.bytes = opened.bytes;
    read.is_whole = opened.bytes <= bytes_max;
    uint64_t from = read.is_whole ? 0 : opened.bytes - bytes_max;
    read.text.reserve(opened.bytes - from);
    auto take = [&read](std::string_view piece) { read.text += piece; };
    if (auto done = read_pieces(opened, path, from, opened.bytes - from, until, take); !done)
        return Failure(done.error());
    return read;
}

Result<std::string> sha256_of_file(const std::filesystem::path& path, Until until) {
    NS_TRY(Opened opened, open_regular(path));
    Sha256 hash;
    auto take = [&hash](std::string_view piece) { hash.add(piece); };
    if (auto done = read_pieces(opened, path, 0, opened.bytes, until, take); !done)
        return Failure(done.error());
    return hash.hex();
}

std::string sha256_of(std::string_view bytes) {
    Sha256 hash;
    hash.add(bytes);
    return hash.hex();
}

}  // namespace nightshift::jobs::evidence
