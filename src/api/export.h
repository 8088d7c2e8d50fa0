#pragma once

#include "io/pool.h"
#include "net/http.h"
#include "recorder/recorder.h"

namespace nightshift::api {

enum class ExportFormat { kNdjson, kCsv };

// Streams every event of `query` (its limit is ignored), page by page, no faster than the reader takes it.
// Secrets are redacted once more on the way out, by today's rules. An error after the first page ends the
// stream with a line that says so.
net::Response export_events(const recorder::Recorder& recorder, io::Pool& pool, recorder::EventQuery query,
                            ExportFormat format);

}  // namespace nightshift::api
