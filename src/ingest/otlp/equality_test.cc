#include <gtest/gtest.h>

#include "ingest/mapping_for_test.h"

// The same request in protobuf and in JSON has to give the same events.
namespace nightshift::ingest {
namespace {

using otlp::Signal;
using recorder::Event;

void expect_equal(const Event& a, const Event& b) {
    constexpr std::string_view Event::* kTexts[] = {&Event::tenant,
                                                    &Event::id,
                                                    &Event::source,
                                                    &Event::host,
                                                    &Event::agent,
                                                    &Event::session,
                                                    &Event::turn,
                                                    &Event::trace,
                                                    &Event::span,
                                                    &Event::parent_span,
                                                    &Event::name,
                                                    &Event::provider,
                                                    &Event::model,
                                                    &Event::error_type,
                                                    &Event::signature,
                                                    &Event::attributes,
                                                    &Event::content,
                                                    &Event::parent_session,
                                                    &Event::result_signature};
    for (auto text : kTexts) EXPECT_EQ(a.*text, b.*text);
    EXPECT_EQ(a.time_us, b.time_us);
    EXPECT_EQ(a.duration_us, b.duration_us);
    EXPECT_EQ(a.ttft_us, b.ttft_us);
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.status, b.status);
    EXPECT_EQ(a.cost_source, b.cost_source);
    EXPECT_EQ(a.cost_nano_usd, b.cost_nano_usd);
    EXPECT_EQ(a.input_tokens, b.input_tokens);
    EXPECT_EQ(a.output_tokens, b.output_tokens);
    EXPECT_EQ(a.cache_read_tokens, b.cache_read_tokens);
    EXPECT_EQ(a.cache_write_tokens, b.cache_write_tokens);
    EXPECT_EQ(a.reasoning_tokens, b.reasoning_tokens);
    EXPECT_EQ(a.value, b.value);
    EXPECT_EQ(a.sequence, b.sequence);
}

struct Pair {
    Signal signal;
    const char* json;
    const char* protobuf;
};

TEST(Encodings, GiveTheSameEvents) {
    const Pair pairs[] = {
        {Signal::kLogs, "claude_code_logs.json", "claude_code_logs.pb"},
        {Signal::kTraces, "claude_code_traces.json", "claude_code_traces.pb"},
        {Signal::kMetrics, "claude_code_metrics.json", "claude_code_metrics.pb"},
        {Signal::kLogs, "codex_logs.json", "codex_logs.pb"},
        {Signal::kTraces, "openclaw/0097_traces.json", "openclaw/0097_traces.pb"},
    };
    for (const Pair& pair : pairs) {
        SCOPED_TRACE(pair.json);
        MappingForTest mapping;
        mapping.keep_content = true;
        const auto& from_json = mapping.json(pair.signal, test_data(pair.json));
        const auto& from_protobuf = mapping.protobuf(pair.signal, test_data(pair.protobuf));
        ASSERT_EQ(from_json.size(), from_protobuf.size());
        ASSERT_FALSE(from_json.empty());
        for (size_t i = 0; i < from_json.size(); ++i) expect_equal(from_json[i], from_protobuf[i]);
    }
}

}  // namespace
}  // namespace nightshift::ingest
