#include <zlib.h>

#include <algorithm>

#include "base/text.h"
#include "net/http.h"

namespace nightshift::net {
namespace {

// Windows of zlib's inflateInit2: what the wrapping looks like.
enum class Wrapping { kGzip = 15 + 16, kZlib = 15, kRaw = -15 };

class Inflater {
public:
    explicit Inflater(Wrapping wrapping) {
        is_ready_ = inflateInit2(&stream_, static_cast<int>(wrapping)) == Z_OK;
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() {
        if (is_ready_) inflateEnd(&stream_);
    }

    Result<std::string> run(std::string_view body, size_t bytes_max) {
        if (!is_ready_) return fail(Code::kInternal, "zlib did not start");
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
        stream_.avail_in = static_cast<uInt>(body.size());
        std::string out;
        // One byte more than allowed tells "exactly the limit" from "beyond it".
        size_t room = std::min(bytes_max + 1, std::max<size_t>(body.size() * 4, 4096));
        while (true) {
            size_t filled = out.size();
            out.resize(room);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
            stream_.avail_out = static_cast<uInt>(room - filled);
            int status = inflate(&stream_, Z_NO_FLUSH);
            out.resize(room - stream_.avail_out);
            if (out.size() > bytes_max)
                return fail(Code::kLimit, "the body is larger than {} bytes after inflation", bytes_max);
            if (status == Z_STREAM_END && !next_member()) break;
            if (status == Z_STREAM_END) continue;
            if (status != Z_OK || (stream_.avail_in == 0 && stream_.avail_out > 0)) return damaged();
            room = std::min(bytes_max + 1, std::max(out.size() * 2, room));
        }
        if (stream_.avail_in > 0) return fail(Code::kInvalid, "bytes follow the end of the compressed body");
        return out;
    }

private:
    // RFC 1952 §2.2: a gzip body may be several members one after the other.
    bool next_member() {
        return stream_.avail_in > 2 && stream_.next_in[0] == 0x1f && stream_.next_in[1] == 0x8b &&
               inflateReset(&stream_) == Z_OK;
    }

    Failure damaged() const {
        return fail(Code::kInvalid, "the compressed body is damaged or cut: {}",
                    stream_.msg != nullptr ? stream_.msg : "it ends too early");
    }

    z_stream stream_{};
    bool is_ready_ = false;
};

// "deflate" is the zlib format (RFC 9110 §8.4.1.2), but some clients send raw deflate data.
Wrapping deflate_wrapping(std::string_view body) {
    if (body.size() < 2) return Wrapping::kZlib;
    auto first = static_cast<unsigned char>(body[0]);
    auto second = static_cast<unsigned char>(body[1]);
    bool has_zlib_head = (first & 0x0f) == 8 && (first * 256u + second) % 31 == 0;
    return has_zlib_head ? Wrapping::kZlib : Wrapping::kRaw;
}

}  // namespace

Result<std::string> decode_content(std::string_view encoding, std::string body, size_t bytes_max) {
    encoding = trim(encoding);
    if (encoding.empty() || equals_ignore_case(encoding, "identity")) {
        if (body.size() > bytes_max) return fail(Code::kLimit, "the body is larger than {} bytes", bytes_max);
        return body;
    }
    if (body.size() > UINT32_MAX || bytes_max > UINT32_MAX - 1)
        return fail(Code::kLimit, "the body is too large");
    if (equals_ignore_case(encoding, "gzip") || equals_ignore_case(encoding, "x-gzip")) {
        Inflater inflater(Wrapping::kGzip);
        return inflater.run(body, bytes_max);
    }
    if (equals_ignore_case(encoding, "deflate")) {
        Inflater inflater(deflate_wrapping(body));
        return inflater.run(body, bytes_max);
    }
    return fail(Code::kInvalid, "Content-Encoding {} is not known; send gzip, deflate or none",
                encoding.substr(0, 40));
}

}  // namespace nightshift::net
