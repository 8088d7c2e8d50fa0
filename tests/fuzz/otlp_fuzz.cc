#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "ingest/mapper.h"
#include "ingest/otlp/decode.h"

// The first byte picks the signal, the rest is an OTLP protobuf request. Whatever it is, the events that come
// out are valid.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace nightshift;
    if (size == 0) return 0;
    static const Redactor redactor(Redactor::Emails::kRedact);
    static const ingest::Pricing pricing;
    ingest::SeriesTable series(0, 100);
    const ingest::MapperParts parts = {redactor, pricing, series, true, true};
    const auto signal = static_cast<ingest::otlp::Signal>(data[0] % 3);
    recorder::EventBatch batch;
    auto body = std::make_shared<const std::string>(reinterpret_cast<const char*>(data + 1), size - 1);
    batch.adopt(body);
    ingest::Mapper mapper(parts, "default", from_unix_us(1'795'320'000'000'000), *body, batch);
    if (ingest::otlp::decode_protobuf(signal, *body, mapper)) mapper.finish();
    for (const recorder::Event& event : batch.events) {
        for (std::string_view text :
             {event.agent, event.session, event.name, event.model, event.attributes, event.content}) {
            if (!is_valid_utf8(text)) std::abort();
        }
        if (event.time_us <= 0 || event.duration_us < -1) std::abort();
    }
    return 0;
}
