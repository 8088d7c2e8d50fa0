#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/otlp/view.h"
#include "recorder/event.h"

// A dialect knows how one vendor writes its telemetry: pure functions from a record to the fields of an
// event.
namespace nightshift::ingest::dialects {

using otlp::Attributes;
using otlp::Key;
using recorder::Kind;
using recorder::Status;

// What surrounds a record.
struct Context {
    const otlp::ResourceView& resource;
    const otlp::ScopeView& scope;
};

// An event in the making. A dialect fills what it knows; the mapper adds times, ids, identity and attributes.
// Views may point into the record or at literals. `event.session`, `agent` and `turn` left empty get their
// usual values.
struct Draft {
    recorder::Event event;
    bool is_filtered = false;    // noise by the vendor's own rules: counted, not kept
    std::string_view arguments;  // tool calls
    std::string_view output;
    uint64_t output_bytes = 0;     // when only the size of the output is known
    int64_t starts_before_us = 0;  // logs: the work began this long before the record was written
    bool is_mcp = false;           // an MCP request that may repeat a tool call around it

    void reset() { *this = Draft{}; }
};

using MapSpan = void (*)(const Context&, otlp::SpanView&, Draft&);
using MapLog = void (*)(const Context&, otlp::LogView&, Draft&);
using MapPoint = void (*)(const Context&, otlp::PointView&, Draft&);

struct Dialect {
    std::string_view source;  // goes to Event::source
    MapSpan span;
    MapLog log;
    MapPoint point;
};

// One in each file beside this one.
extern const Dialect kClaudeCode;
extern const Dialect kCodex;
extern const Dialect kGeminiCli;
extern const Dialect kOpenClaw;
extern const Dialect kLangfuse;
extern const Dialect kOpenInference;
extern const Dialect kOpenLlmetry;
extern const Dialect kVercelAi;
extern const Dialect kOtelGenAi;
extern const Dialect kGeneric;

// Which dialect a record is written in: by its scope and service first, then by the attributes it carries.
const Dialect& select_span(const Context& context, const otlp::SpanView& span);
const Dialect& select_log(const Context& context, const otlp::LogView& log);
const Dialect& select_point(const Context& context, const otlp::PointView& point);

}  // namespace nightshift::ingest::dialects
