// Requests from any bytes, cut anywhere: the reader may refuse them, but must not crash, stall or keep more
// than it may.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "net/http1.h"

namespace {

constexpr size_t kHeadBytesMax = 1024;
constexpr size_t kBodyBytesMax = 4096;

void read_requests(std::string_view bytes, size_t step) {
    using nightshift::net::RequestReader;
    RequestReader reader(kHeadBytesMax);
    std::string inbox;
    while (!bytes.empty()) {
        inbox += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
        bool goes_on = true;
        while (goes_on && !inbox.empty()) {
            size_t taken = reader.put(inbox);
            inbox.erase(0, taken);
            goes_on = taken > 0;
            if (reader.has_head()) {
                reader.accept_body(kBodyBytesMax);
                goes_on = true;
            }
            if (reader.is_failed()) {
                NS_ASSERT(reader.error_status() >= 400 && !reader.error_text().empty());
                return;
            }
            if (reader.is_done()) {
                auto request = reader.take();
                NS_ASSERT(request.body.size() <= kBodyBytesMax);
                NS_ASSERT(!request.path.empty());
                (void)request.query_value("q");
                reader = RequestReader(kHeadBytesMax);
                goes_on = true;
            }
        }
        NS_ASSERT(inbox.size() <= kHeadBytesMax + step);
    }
}

void read_response(std::string_view bytes, size_t step) {
    size_t body = 0;
    nightshift::net::ResponseReader reader(false, [&body](std::string_view piece) {
        body += piece.size();
        return body < kBodyBytesMax;
    });
    std::string inbox;
    while (!bytes.empty() && !reader.is_done() && !reader.is_failed()) {
        inbox += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
        inbox.erase(0, reader.put(inbox));
    }
    reader.put_eof();
    NS_ASSERT(reader.is_done() || reader.is_failed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    size_t step = data[0] == 0 ? SIZE_MAX : data[0];
    read_requests(bytes, std::min(step, bytes.size()));
    read_response(bytes, std::min(step, bytes.size()));
    return 0;
}
