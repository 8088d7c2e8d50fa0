#include <cstdlib>

#include "base/text.h"
#include "ingest/events/parse.h"
#include "ingest/limits.h"

// The body of POST /api/v1/events.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace nightshift;
    static const Redactor redactor(Redactor::Emails::kRedact);
    recorder::EventBatch batch;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const Time now = from_unix_us(1'795'320'000'000'000);
    ingest::events::Parsed parsed = ingest::events::parse_lines(body, "default", now, redactor, true, batch);
    if (parsed.errors.size() > ingest::limits::kLineErrorsMax) std::abort();
    for (const recorder::Event& event : batch.events) {
        for (std::string_view text : {event.name, event.session, event.attributes, event.content}) {
            if (!is_valid_utf8(text)) std::abort();
        }
        if (event.time_us <= 0) std::abort();
    }
    return 0;
}
