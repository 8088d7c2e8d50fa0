#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/mapper.h"
#include "ingest/otlp/decode.h"
#include "recorder/event.h"

// For tests of dialects: OTLP requests in, events out.
namespace nightshift::ingest {

// The contents of tests/data/ingest/<name>.
std::string test_data(std::string_view name);

// A request with one span or one log, as OTLP/JSON, from short notation: attributes are (key, JSON value).
using ShortAttributes = std::vector<std::pair<std::string, std::string>>;
struct ShortRecord {
    std::string name;
    ShortAttributes attributes;
    std::string scope = "test";
    ShortAttributes resource = {{"service.name", "\"svc\""}};
    std::string parent = {};  // 16 hex digits
    std::string span = "00000000000000a1";
    int status = 0;
    int kind = 1;
};
std::string span_request(const std::vector<ShortRecord>& spans);
std::string log_request(const ShortRecord& log, std::string_view body = "");

// Sums over all events, the way a dashboard would.
struct Totals {
    uint64_t model_calls = 0;
    uint64_t tool_calls = 0;
    uint64_t turns = 0;
    uint64_t approvals = 0;
    uint64_t errors = 0;
    uint64_t input = 0;
    uint64_t output = 0;
    uint64_t cache_read = 0;
    uint64_t cache_write = 0;
    uint64_t reasoning = 0;
    double cost_usd = 0;
};

class MappingForTest {
public:
    explicit MappingForTest(Time now = from_unix_us(1'795'320'000'000'000));

    // Maps a request and returns its events, which live as long as this object. Fails the test when it does
    // not decode.
    const std::vector<recorder::Event>& json(otlp::Signal signal, std::string body);
    const std::vector<recorder::Event>& protobuf(otlp::Signal signal, std::string body);
    Totals totals() const;
    std::vector<recorder::Event> all(recorder::Kind kind) const;

    bool keep_content = false;
    bool count_openclaw_tokens = true;
    MapperCounts counts;  // of the last request

private:
    Time now_;
    Redactor redactor_;
    Pricing pricing_;
    SeriesTable series_;
    std::vector<std::unique_ptr<recorder::EventBatch>> batches_;
};

}  // namespace nightshift::ingest
