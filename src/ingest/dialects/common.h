#pragma once

#include "ingest/dialects/dialect.h"

// What several dialects do in the same way.
namespace nightshift::ingest::dialects {

// Token counts as a vendor reports them.
struct Usage {
    std::optional<uint64_t> input;
    std::optional<uint64_t> output;
    uint64_t cache_read = 0;
    uint64_t cache_write = 0;
    uint64_t reasoning = 0;
    enum class Input { kWithCaches, kWithoutCaches } input_is = Input::kWithCaches;
    enum class Output { kWithReasoning, kWithoutReasoning } output_is = Output::kWithReasoning;
};

// Sets the token columns so that input holds the caches and output holds the reasoning. An input smaller than
// its own caches was counted without them, whatever the vendor says.
void set_usage(recorder::Event& event, const Usage& usage);

void set_cost_usd(recorder::Event& event, std::optional<double> usd);
void set_duration_ms(recorder::Event& event, std::optional<double> ms);
void set_first_token_ms(recorder::Event& event, std::optional<double> ms);

// The status of a span, and its error class: error.type, else the exception's type.
void set_span_status(otlp::SpanView& span, recorder::Event& event);
// Ok or error from a "success" attribute; unset without one.
void set_success(Attributes& attributes, recorder::Event& event);

// An HTTP status as an error class: "rate_limit", "auth", "overloaded", "http_404".
std::string_view error_class(uint64_t http_status);

// The first that is not empty.
std::string_view first_of(std::string_view a, std::string_view b);

// The text of a log: its event name, else its body when that is a name and not a sentence.
std::string_view log_name(const otlp::LogView& log);

// A record with no meaning of its own to us: a log event, or a measurement.
void map_plain_log(const Context& context, otlp::LogView& log, Draft& draft);
void map_plain_point(const Context& context, otlp::PointView& point, Draft& draft);

// GenAI attributes of a span into the draft, for dialects that use the same names. Tokens are not set.
void map_model(Attributes& attributes, recorder::Event& event);
Usage gen_ai_usage(Attributes& attributes);
void map_tool(Attributes& attributes, Draft& draft);

}  // namespace nightshift::ingest::dialects
