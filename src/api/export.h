#pragma once

#include "base/redact.h"
#include "io/pool.h"
#include "net/http.h"
#include "recorder/recorder.h"

namespace nightshift::api {

// What an export works with; all must outlive it.
struct ExportParts {
    const recorder::Recorder& recorder;
    io::Pool& pool;
    const Redactor& redactor;
};

enum class ExportFormat { kNdjson, kCsv };

// Streams every event of `query` (its limit is ignored), page by page, no faster than the reader takes it.
// Secrets are redacted once more on the way out, by today's rules. An error after the first page ends the
// stream with a line that says so.
net::Response export_events(ExportParts parts, recorder::EventQuery query, ExportFormat format);

}  // namespace nightshift::api
