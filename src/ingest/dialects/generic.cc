#include "ingest/dialects/common.h"

// Telemetry of programs that are no agents, or that we do not know: spans become workflow steps, logs stay
// logs.
namespace nightshift::ingest::dialects {
namespace {

void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    set_span_status(span, draft.event);
    if (span.status == otlp::SpanStatus::kUnset && draft.event.error_type.empty())
        draft.event.status = Status::kUnset;
    draft.event.kind = Kind::kWorkflow;
    draft.event.name = span.name;
}

}  // namespace

const Dialect kGeneric = {"otlp/generic", map_span, map_plain_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
