#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "base/file.h"
#include "ingest/mapper.h"
#include "ingest/otlp/decode.h"

// CPU of the way from a request's bytes to events, without network and disk, in time per span.
namespace nightshift::ingest {
namespace {

constexpr size_t kSpans = 64;

std::string spans() {
    return read_file(NS_TEST_DATA "/ingest/agent_spans_64.pb").value();
}

struct Null final : otlp::Sink {
    void resource(otlp::ResourceView&) override {}
    void scope(const otlp::ScopeView&) override {}
    void span(otlp::SpanView& span) override { benchmark::DoNotOptimize(span.attributes.items().size()); }
    void log(otlp::LogView&) override {}
    void point(otlp::PointView&) override {}
};

void per_span(benchmark::State& state) {
    state.counters["per_span"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * kSpans,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void decode(benchmark::State& state) {
    const std::string body = spans();
    Null sink;
    for (auto _ : state) benchmark::DoNotOptimize(otlp::decode_protobuf(otlp::Signal::kTraces, body, sink));
    per_span(state);
}
BENCHMARK(decode);

// All that the receiver does on the loop: decode, map, redact, sign, render.
void decode_and_map(benchmark::State& state) {
    const std::string body = spans();
    const Redactor redactor;
    const Pricing pricing;
    SeriesTable series(0, 100);
    const MapperParts parts = {redactor, pricing, series};
    for (auto _ : state) {
        auto held = std::make_shared<const std::string>(body);
        recorder::EventBatch batch;
        batch.events.reserve(kSpans);
        batch.adopt(held);
        Mapper mapper(parts, "default", from_unix_us(1'795'320'000'000'000), *held, batch);
        benchmark::DoNotOptimize(otlp::decode_protobuf(otlp::Signal::kTraces, *held, mapper));
        mapper.finish();
        benchmark::DoNotOptimize(batch.events.size());
    }
    per_span(state);
}
BENCHMARK(decode_and_map);

void redact_ordinary_text(benchmark::State& state) {
    const Redactor redactor;
    std::string text;
    while (text.size() < 64u << 10)
        text += "The build took a while; see /var/log/build-2026.log, task 1234 passed. ";
    for (auto _ : state) benchmark::DoNotOptimize(redactor.redact(text).size());
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(text.size()));
}
BENCHMARK(redact_ordinary_text);

}  // namespace
}  // namespace nightshift::ingest

BENCHMARK_MAIN();
