// The log: records and their events, as they might lie on a damaged disk.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "recorder/log_record.h"

using namespace nightshift;
using namespace nightshift::recorder;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Result<Record> record = parse_record(bytes);
    if (record && record->bytes > size) std::abort();
    // Most inputs fail the checksum, so the events are also tried by themselves.
    if (size < 4) return 0;
    Result<DecodedEvents> decoded = decode_events(bytes.substr(1), data[0]);
    if (!decoded) return 0;
    // What was read can be written and read again, and is the same.
    std::string encoded = encode_events(*decoded->batch, decoded->is_derived);
    Result<DecodedEvents> again = decode_events(encoded, data[0]);
    if (!again) std::abort();
    for (size_t i = 0; i < decoded->batch->events.size(); ++i) {
        const Event& left = decoded->batch->events[i];
        const Event& right = again->batch->events[i];
        if (left.time_us != right.time_us || left.id != right.id || left.attributes != right.attributes)
            std::abort();
    }
    return 0;
}
