#include "recorder/event_fixture.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <future>

#include "recorder/columns.h"

namespace nightshift::recorder::testing {

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "nightshift-XXXXXX").native();
    path_ = ::mkdtemp(name.data());
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Event model_call(EventBatch& batch, uint64_t number, int64_t start_us) {
    Event event;
    event.time_us = start_us - 600'000'000 + static_cast<int64_t>(number) * 1000;
    event.duration_us = 1000 + static_cast<int64_t>(number * 37 % 5000);
    event.ttft_us = 100 + static_cast<int64_t>(number % 50);
    event.kind = Kind::kModelCall;
    event.status = number % 9 == 0 ? Status::kError : Status::kOk;
    event.cost_source = CostSource::kReported;
    event.tenant = "default";
    event.source = "otlp/test";
    event.host = batch.keep(fmt::format("node-{}", number % 3));
    event.agent = batch.keep(fmt::format("agent-{}", number % 5));
    event.session = batch.keep(fmt::format("session-{}", number % 17));
    event.turn = batch.keep(fmt::format("turn-{}", number / 10));
    event.trace = batch.keep(fmt::format("{:032x}", number / 4 + 1));
    event.span = batch.keep(
        fmt::format("{:016x}", number * 2654435761u + static_cast<uint64_t>(start_us) % 1000000007));
    event.name = "chat";
    event.provider = "anthropic";
    event.model = number % 2 == 0 ? "claude-opus-4-5" : "claude-haiku-4-5";
    event.error_type = event.status == Status::kError ? "rate_limit" : "";
    event.input_tokens = 100 + number;
    event.output_tokens = number % 100;
    event.cost_nano_usd = static_cast<int64_t>(number) * 1000;
    event.sequence = number + 1;
    return event;
}

std::shared_ptr<EventBatch> batch_of(size_t count, int64_t start_us) {
    auto batch = std::make_shared<EventBatch>();
    for (size_t i = 0; i < count; ++i) batch->events.push_back(model_call(*batch, i, start_us));
    return batch;
}

Event random_event(EventBatch& batch, Random& random, int64_t start_us, int64_t span_us) {
    Event event = model_call(batch, random.next() % 100000, start_us);
    event.time_us = start_us + static_cast<int64_t>(random.below(static_cast<uint64_t>(span_us)));
    event.kind = static_cast<Kind>(random.below(12));
    event.status = static_cast<Status>(random.below(6));
    event.span = batch.keep(fmt::format("{:016x}", random.next()));
    if (random.below(4) == 0) event.duration_us = -1;
    if (random.below(3) == 0) event.ttft_us = -1;
    if (random.below(5) == 0) event.agent = {};
    if (random.below(5) == 0) event.trace = {};
    event.name = batch.keep(fmt::format("tool-{}", random.below(6)));
    event.value = event.kind == Kind::kSample ? static_cast<double>(random.below(1000)) / 8 : 0;
    event.id = batch.keep(fmt::format("event-{}", random.next()));
    event.attributes = batch.keep(fmt::format(R"({{"path":"/srv/{}","word":"{}"}})", random.below(50),
                                              random.below(20) == 0 ? "Needle" : "hay"));
    return event;
}

Event hostile_event(EventBatch& batch, Random& random) {
    constexpr int64_t kNumbers[] = {INT64_MIN, INT64_MAX, -1, 0, 1, 1'790'000'000'000'000};
    auto number = [&] { return kNumbers[random.below(6)]; };
    auto text = [&]() -> std::string_view {
        switch (random.below(5)) {
            case 0:
                return {};
            case 1:
                return batch.keep(random_bytes(random.below(40)));
            case 2:
                return batch.keep(std::string(random.below(70000), 'x'));
            case 3:
                return batch.keep(std::string("\0\xff../..\n", 9));
            default:
                return "__other__";
        }
    };
    Event event;
    std::array<int64_t, kNumberColumns> numbers{};
    for (int64_t& each : numbers) each = number();
    set_numbers(event, numbers);
    event.kind = static_cast<Kind>(random.below(12));
    event.status = static_cast<Status>(random.below(6));
    event.cost_source = static_cast<CostSource>(random.below(3));
    event.tenant = "default";
    for (auto member : kTextMembers) event.*member = text();
    event.attributes = text();
    return event;
}

Result<Receipt> append(Recorder& recorder, std::shared_ptr<EventBatch> batch) {
    std::promise<Result<Receipt>> promise;
    recorder.append(std::move(batch),
                    [&promise](Result<Receipt> receipt) { promise.set_value(std::move(receipt)); });
    return promise.get_future().get();
}

std::vector<std::string> spans_of(const EventBatch& batch) {
    std::vector<std::string> spans;
    for (const Event& event : batch.events) spans.emplace_back(event.span);
    return spans;
}

void expect_same(const Event& got, const Event& expected) {
    EXPECT_EQ(numbers_of(got, 0), numbers_of(expected, 0));
    EXPECT_EQ(got.tenant, expected.tenant);
    for (auto member : kTextMembers) EXPECT_EQ(got.*member, expected.*member);
    EXPECT_EQ(got.attributes, expected.attributes);
}

}  // namespace nightshift::recorder::testing
