#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "recorder/event.h"

namespace nightshift::recorder {

// One record of the log; see docs/formats/log.md.
inline constexpr uint32_t kRecordMagic = 0x3142534E;  // "NSB1"
inline constexpr size_t kRecordHeaderBytes = 40;
inline constexpr size_t kRecordPayloadMax = 256u << 20;

struct RecordHeader {
    uint64_t first_row = 0;
    int64_t arrival_us = 0;
    uint32_t events = 0;
};

// Gives every event of the batch an id and returns for each whether the id is derived from its span.
std::vector<bool> complete_ids(EventBatch& batch);

// The events as a record's payload. `is_derived[i]`: the id of event i is not written.
std::string encode_events(const EventBatch& batch, const std::vector<bool>& is_derived);

// Appends header, payload and padding to `out`, whose size must be a multiple of 8.
void append_record(std::string& out, const RecordHeader& header, std::string_view payload);

struct Record {
    RecordHeader header;
    std::string_view payload;
    size_t bytes = 0;  // with header and padding
};
// The record at the start of `bytes`; kCorrupt when there is none.
Result<Record> parse_record(std::string_view bytes);

struct DecodedEvents {
    std::shared_ptr<EventBatch> batch;
    std::vector<bool> is_derived;
};
// The events of a payload; derived ids are computed. kCorrupt when it is not what encode_events writes.
Result<DecodedEvents> decode_events(std::string_view payload, uint32_t count);

}  // namespace nightshift::recorder
