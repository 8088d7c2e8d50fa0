#include "ingest/openclaw/replay_testing.h"

#include <boost/json.hpp>
#include <filesystem>
#include <stdexcept>

#include "base/file.h"
#include "base/text.h"

namespace nightshift::ingest::openclaw::testing {

std::string data(const std::string& name) {
    auto content = read_file(std::filesystem::path(NS_TEST_DATA) / "openclaw" / name);
    if (!content) throw std::runtime_error(content.error().message);
    return *content;
}

namespace {

Time parse_time(std::string_view text) {  // 2026-11-22T02:18:00.310Z, always that day
    auto part = [&](size_t at, size_t size) { return *parse_int(text.substr(at, size)); };
    int64_t ms = ((part(11, 2) * 60 + part(14, 2)) * 60 + part(17, 2)) * 1000 + part(20, 3);
    constexpr int64_t kDayMs = 1'795'305'600'000;  // 2026-11-22T00:00Z
    return from_unix_ms(kDayMs + ms);
}

}  // namespace

std::vector<Step> recording(const std::string& name) {
    std::vector<Step> steps;
    std::string all = data(name);
    for (std::string_view line : split(all, '\n')) {
        if (line.empty()) continue;
        boost::json::object object = boost::json::parse(line).as_object();
        Step step;
        step.when = parse_time(std::string_view(object.at("t").as_string()));
        if (const auto* close = object.if_contains("close")) step.close_code = close->at("code").as_int64();
        if (const auto* frame = object.if_contains("frame")) step.frame = boost::json::serialize(*frame);
        steps.push_back(std::move(step));
    }
    return steps;
}

MapperOptions options(const std::string& gateway) {
    MapperOptions result;
    result.gateway = gateway;
    result.redact = [](std::string_view text) { return std::string(text); };
    return result;
}

Frame frame(const std::string& text) {
    auto parsed = Frame::parse(text);
    if (!parsed) throw std::runtime_error(parsed.error().message);
    return *parsed;
}

Frame answer(const std::string& file) {
    return frame(boost::json::serialize(boost::json::parse(data(file)).at("response")));
}

void replay(Mapper& mapper, const std::vector<Step>& steps, recorder::EventBatch& out) {
    for (const Step& step : steps) {
        if (step.frame.empty()) continue;
        Frame parsed = frame(step.frame);
        if (parsed.type() == Frame::Type::kEvent) mapper.map(parsed, step.when, out);
        mapper.expire(step.when, out);
    }
}

Sums sums(const recorder::EventBatch& batch, recorder::Kind kind) {
    Sums result;
    for (const recorder::Event& event : batch.events) {
        if (event.kind != kind || event.status == recorder::Status::kRunning) continue;
        result.count++;
        result.ok += event.status == recorder::Status::kOk;
        result.errors +=
            event.status == recorder::Status::kError || event.status == recorder::Status::kTimeout;
        result.input_tokens += event.input_tokens;
        result.cache_read_tokens += event.cache_read_tokens;
        result.output_tokens += event.output_tokens;
        result.cost_nano_usd += event.cost_nano_usd;
    }
    return result;
}

int running(const recorder::EventBatch& batch, recorder::Kind kind) {
    int count = 0;
    for (const recorder::Event& event : batch.events)
        count += event.kind == kind && event.status == recorder::Status::kRunning;
    return count;
}

}  // namespace nightshift::ingest::openclaw::testing
