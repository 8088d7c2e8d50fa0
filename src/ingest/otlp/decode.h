#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/otlp/view.h"

namespace nightshift::ingest::otlp {

// Walk an OTLP export request and tell `sink` what is in it. Unknown fields are skipped. kInvalid when the
// bytes are not such a request; the sink may have heard of records by then.

// Protobuf: every view points into `body`, except nested values, which live until the sink's method returns.
Result<void> decode_protobuf(Signal signal, std::string_view body, Sink& sink);

// JSON, as OTLP writes it. `body` may get spare bytes at its end, which the parser needs. Views live until
// the sink's method returns.
Result<void> decode_json(Signal signal, std::string& body, Sink& sink);

// Levels of arrays and maps inside an attribute that are kept; what lies deeper becomes null.
inline constexpr int kNestingMax = 16;

}  // namespace nightshift::ingest::otlp
