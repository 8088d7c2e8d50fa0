#include "recorder/log_record.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "recorder/columns.h"
#include "recorder/identity.h"
#include "recorder/wire.h"

namespace nightshift::recorder {
namespace {

// In the order of the format page.
constexpr std::array<std::string_view Event::*, 18> kTexts = {
    &Event::tenant,
    &Event::id,
    &Event::source,
    &Event::host,
    &Event::agent,
    &Event::session,
    &Event::parent_session,
    &Event::turn,
    &Event::trace,
    &Event::span,
    &Event::parent_span,
    &Event::name,
    &Event::provider,
    &Event::model,
    &Event::error_type,
    &Event::signature,
    &Event::result_signature,
    &Event::attributes,
};
constexpr size_t kIdText = 1;
constexpr size_t kAttributesText = 17;

constexpr std::array<Number, 10> kOptionalNumbers = {
    Number::kDuration, Number::kTtft,      Number::kInput, Number::kCacheRead, Number::kCacheWrite,
    Number::kOutput,   Number::kReasoning, Number::kCost,  Number::kValue,     Number::kSequence,
};

constexpr int64_t default_of(Number column) {
    return column == Number::kDuration || column == Number::kTtft ? -1 : 0;
}

uint64_t checksum(std::string_view header, std::string_view payload) {
    return XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(header.data(), header.size()));
}

bool is_same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && (a.data() == b.data() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

void encode_event(std::string& out, const Event& event, const Event& before, bool is_derived) {
    uint32_t present = 0;
    uint32_t same = 0;
    for (size_t i = 0; i < kTexts.size(); ++i) {
        std::string_view text = event.*kTexts[i];
        if (text.empty() || (i == kIdText && is_derived)) continue;
        present |= 1u << i;
        if (i != kIdText && i != kAttributesText && is_same(text, before.*kTexts[i])) same |= 1u << i;
    }
    put_fixed(out, present);
    put_fixed(out, same);
    put_fixed(out, event.kind);
    put_fixed(out, event.status);
    put_fixed(out,
              static_cast<uint8_t>(static_cast<uint8_t>(event.cost_source) | (event.simulated ? 16 : 0)));
    put_varint(out, zigzag(static_cast<int64_t>(static_cast<uint64_t>(event.time_us) -
                                                static_cast<uint64_t>(before.time_us))));
    auto numbers = numbers_of(event, 0);
    uint64_t set = 0;
    for (size_t i = 0; i < kOptionalNumbers.size(); ++i) {
        if (numbers[index_of(kOptionalNumbers[i])] != default_of(kOptionalNumbers[i])) set |= 1ull << i;
    }
    put_varint(out, set);
    for (size_t i = 0; i < kOptionalNumbers.size(); ++i) {
        if (set >> i & 1) put_varint(out, zigzag(numbers[index_of(kOptionalNumbers[i])]));
    }
    for (size_t i = 0; i < kTexts.size(); ++i) {
        if ((present & ~same) >> i & 1) put_text(out, event.*kTexts[i]);
    }
}

void decode_event(WireReader& reader, Event& event, const Event& before) {
    auto present = reader.fixed<uint32_t>();
    auto same = reader.fixed<uint32_t>();
    event.kind = reader.fixed<Kind>();
    event.status = reader.fixed<Status>();
    auto flags = reader.fixed<uint8_t>();
    event.cost_source = static_cast<CostSource>(flags & 15);
    event.simulated = (flags & 16) != 0;
    auto numbers = numbers_of(event, 0);
    numbers[index_of(Number::kTime)] = static_cast<int64_t>(static_cast<uint64_t>(before.time_us) +
                                                            static_cast<uint64_t>(reader.signed_varint()));
    uint64_t set = reader.varint();
    for (size_t i = 0; i < kOptionalNumbers.size(); ++i) {
        if (set >> i & 1) numbers[index_of(kOptionalNumbers[i])] = reader.signed_varint();
    }
    set_numbers(event, numbers);
    for (size_t i = 0; i < kTexts.size(); ++i) {
        if (!(present >> i & 1)) continue;
        event.*kTexts[i] = (same >> i & 1) ? before.*kTexts[i] : reader.text();
    }
}

}  // namespace

std::vector<bool> complete_ids(EventBatch& batch) {
    std::vector<bool> is_derived(batch.events.size());
    for (size_t i = 0; i < batch.events.size(); ++i) {
        Event& event = batch.events[i];
        if (!event.id.empty()) continue;
        is_derived[i] = is_identified_by_span(event);
        event.id = batch.keep(is_derived[i] ? span_id(event) : content_id(event));
    }
    return is_derived;
}

std::string encode_events(const EventBatch& batch, const std::vector<bool>& is_derived) {
    std::string out;
    out.reserve(batch.events.size() * 128 + batch.bytes());
    const Event none;
    const Event* before = &none;
    for (size_t i = 0; i < batch.events.size(); ++i) {
        encode_event(out, batch.events[i], *before, is_derived[i]);
        before = &batch.events[i];
    }
    return out;
}

void append_record(std::string& out, const RecordHeader& header, std::string_view payload) {
    size_t start = out.size();
    put_fixed(out, kRecordMagic);
    put_fixed(out, static_cast<uint32_t>(payload.size()));
    put_fixed(out, header.first_row);
    put_fixed(out, header.arrival_us);
    put_fixed(out, header.events);
    put_fixed(out, uint32_t{0});
    put_fixed(out, checksum(std::string_view(out).substr(start, 32), payload));
    out.append(payload);
    out.resize((out.size() + 7) / 8 * 8, '\0');
}

Result<Record> parse_record(std::string_view bytes) {
    WireReader reader(bytes);
    auto magic = reader.fixed<uint32_t>();
    auto payload_bytes = reader.fixed<uint32_t>();
    Record record;
    record.header.first_row = reader.fixed<uint64_t>();
    record.header.arrival_us = reader.fixed<int64_t>();
    record.header.events = reader.fixed<uint32_t>();
    reader.fixed<uint32_t>();
    auto sum = reader.fixed<uint64_t>();
    record.payload = reader.bytes(payload_bytes);
    if (!reader.is_ok() || magic != kRecordMagic) return fail(Code::kCorrupt, "no log record here");
    if (checksum(bytes.substr(0, 32), record.payload) != sum) return fail(Code::kCorrupt, "wrong checksum");
    record.bytes = std::min((kRecordHeaderBytes + payload_bytes + 7) / 8 * 8, bytes.size());
    return record;
}

Result<DecodedEvents> decode_events(std::string_view payload, uint32_t count) {
    DecodedEvents decoded{std::make_shared<EventBatch>(), std::vector<bool>(count)};
    auto buffer = std::make_shared<const std::string>(payload);
    decoded.batch->adopt(buffer);
    WireReader reader(*buffer);
    // An event takes at least 13 bytes, so a lying count cannot make us allocate.
    if (count > payload.size() / 13)
        return fail(Code::kCorrupt, "{} events cannot fit {} bytes", count, payload.size());
    decoded.batch->events.resize(count);
    const Event none;
    const Event* before = &none;
    for (uint32_t i = 0; i < count; ++i) {
        Event& event = decoded.batch->events[i];
        decode_event(reader, event, *before);
        if (!reader.is_ok()) return fail(Code::kCorrupt, "event {} of {} is cut", i, count);
        before = &event;
    }
    for (uint32_t i = 0; i < count; ++i) {
        Event& event = decoded.batch->events[i];
        if (!event.id.empty()) continue;
        decoded.is_derived[i] = true;
        event.id = decoded.batch->keep(span_id(event));
    }
    return decoded;
}

}  // namespace nightshift::recorder
