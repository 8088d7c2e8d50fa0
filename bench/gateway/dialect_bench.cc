// What reading costs: a request, its splice, an answer, a frame of a stream, and the signatures of a long
// conversation.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "gateway/dialects/stream.h"
#include "gateway/loops.h"

namespace {

using namespace nightshift::gateway;

std::string request(size_t bytes) {
    return fmt::format(
        R"({{"model":"fast","stream":true,"max_tokens":150,"messages":[{{"role":"user","content":"{}"}}]}})",
        std::string(bytes, 'x'));
}

// An agent's request: tools called and answered, again and again.
std::string conversation(int turns) {
    std::string body = R"({"model":"fast","messages":[{"role":"user","content":"Do it."})";
    for (int i = 0; i < turns; ++i) {
        body += fmt::format(
            R"(,{{"role":"assistant","content":"Let me look at the next part.","tool_calls":[{{"id":"c{0}","type":"function","function":{{"name":"read","arguments":"{{\"path\":\"part-{0}.csv\"}}"}}}}]}})"
            R"(,{{"role":"tool","tool_call_id":"c{0}","content":"{1}"}})",
            i, std::string(2000, 'y'));
    }
    return body + "]}";
}

void read_and_splice(benchmark::State& state) {
    const std::string body = request(static_cast<size_t>(state.range(0)));
    UpstreamRequest to;
    to.model = "target-model";
    for (auto _ : state) {
        const auto facts = read_request(Dialect::kChat, body);
        benchmark::DoNotOptimize(prepare_request(*facts, body, to));
    }
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * body.size()));
}
BENCHMARK(read_and_splice)->Arg(900)->Arg(100'000);

void translate_to_messages(benchmark::State& state) {
    const std::string body = request(static_cast<size_t>(state.range(0)));
    UpstreamRequest to;
    to.dialect = Dialect::kMessages;
    to.model = "target-model";
    for (auto _ : state) {
        const auto facts = read_request(Dialect::kChat, body);
        benchmark::DoNotOptimize(prepare_request(*facts, body, to));
    }
}
BENCHMARK(translate_to_messages)->Arg(900);

void read_whole_answer(benchmark::State& state) {
    const std::string body = fmt::format(
        R"({{"id":"chatcmpl-x","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],)"
        R"("usage":{{"prompt_tokens":200,"completion_tokens":150,"total_tokens":350}}}})",
        std::string(700, 'x'));
    for (auto _ : state) benchmark::DoNotOptimize(read_answer(ProviderKind::kOpenAi, Dialect::kChat, body));
}
BENCHMARK(read_whole_answer);

void pass_a_frame(benchmark::State& state) {
    const std::string frame =
        R"(data: {"id":"chatcmpl-x","object":"chat.completion.chunk","created":1,"model":"m","system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":"word "},"logprobs":null,"finish_reason":null}]})"
        "\n\n";
    const RequestFacts facts;
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kChat);
    StreamWriter writer(facts, Dialect::kChat, {});
    std::string out;
    for (auto _ : state) {
        reader.feed(frame);
        while (const auto piece = reader.next()) benchmark::DoNotOptimize(writer.write(*piece, out));
        out.clear();
    }
}
BENCHMARK(pass_a_frame);

void look_for_loops(benchmark::State& state) {
    const std::string body = conversation(static_cast<int>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(find_loop(read_conversation(Dialect::kChat, body), {}));
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * body.size()));
}
BENCHMARK(look_for_loops)->Arg(4)->Arg(60);

}  // namespace

BENCHMARK_MAIN();
