#pragma once

// Events for tests: written by hand or generated, held with their text.

#include <cstdint>
#include <string>
#include <string_view>

#include "recorder/event.h"

namespace nightshift::fleet {

constexpr int64_t kTestStart = 1'795'300'000'000'000;  // November 2026
constexpr int64_t kTestSecond = 1'000'000;
constexpr int64_t kTestMinute = 60 * kTestSecond;
constexpr int64_t kTestHour = 60 * kTestMinute;

// Appends events to a batch, one session at a time; the time moves on with what is written.
class EventWriter {
public:
    explicit EventWriter(recorder::EventBatch& batch, int64_t now_us = kTestStart)
        : batch_(batch), now_us_(now_us) {}

    std::string tenant = "default";
    std::string agent = "builder";
    std::string session = "s1";
    std::string source = "otlp/test";

    int64_t now_us() const { return now_us_; }
    void wait(int64_t us) { now_us_ += us; }

    // An event that starts now; the time moves to its end.
    recorder::Event& add(recorder::Kind kind, std::string_view name, recorder::Status status,
                         int64_t duration_us = -1) {
        recorder::Event event;
        event.time_us = now_us_;
        event.duration_us = duration_us;
        event.kind = kind;
        event.status = status;
        event.tenant = batch_.keep(tenant);
        event.agent = batch_.keep(agent);
        event.session = batch_.keep(session);
        event.source = batch_.keep(source);
        event.name = batch_.keep(name);
        batch_.events.push_back(event);
        if (duration_us > 0) now_us_ += duration_us;
        return batch_.events.back();
    }
    recorder::Event& model(int64_t duration_us, uint64_t input = 2000, uint64_t output = 200) {
        recorder::Event& event = add(recorder::Kind::kModelCall, "chat", recorder::Status::kOk, duration_us);
        event.model = "model-x";
        event.input_tokens = input;
        event.output_tokens = output;
        event.cost_nano_usd = static_cast<int64_t>((input * 3 + output * 15) * 1000);
        event.cost_source = recorder::CostSource::kReported;
        return event;
    }
    recorder::Event& tool(std::string_view name, std::string_view arguments, std::string_view result,
                          int64_t duration_us, recorder::Status status = recorder::Status::kOk) {
        recorder::Event& event = add(recorder::Kind::kToolCall, name, status, duration_us);
        event.signature = batch_.keep(arguments);
        event.result_signature = batch_.keep(result);
        std::string call = std::string(name) + " " + std::string(arguments);
        event.attributes = batch_.keep("{\"call\":\"" + call + "\"}");
        if (status == recorder::Status::kError) event.error_type = "tool_error";
        return event;
    }
    std::string_view keep(std::string_view text) { return batch_.keep(text); }

private:
    recorder::EventBatch& batch_;
    int64_t now_us_;
};

}  // namespace nightshift::fleet
