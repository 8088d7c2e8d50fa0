#pragma once

#include <cstdint>
#include <string>

// Deterministic telemetry of a fleet: 1,000 agents, 50 tools, 11 models, about 400 sessions at a time of
// about 100 events each, spread over seven days. Row i is the same in every run and for every engine.
namespace nightshift::bench {

inline constexpr int64_t kEndUs = 1'790'000'000'000'000;
inline constexpr int64_t kSpanUs = 7ll * 24 * 3600 * 1000 * 1000;

struct AgentEvent {
    int64_t time_us = 0;
    std::string team;  // one of 20
    std::string agent;
    std::string session;
    std::string trace;
    std::string span;
    std::string parent_span;
    const char* kind = "";
    int kind_number = 0;  // as in recorder::Kind
    const char* name = "";
    const char* status = "";
    int status_number = 0;
    const char* model = "";
    uint32_t input_tokens = 0;
    uint32_t output_tokens = 0;
    uint32_t cache_read_tokens = 0;
    uint32_t cache_write_tokens = 0;
    int64_t cost_nano_usd = 0;
    uint32_t duration_us = 0;
    std::string host;
    uint32_t sequence = 0;
    std::string attributes;
};

class AgentEvents {
public:
    // The first `rows` of `rows_in_span`, as which they would lie in the seven days.
    AgentEvents(uint64_t rows, uint64_t rows_in_span) : rows_(rows), rows_in_span_(rows_in_span) {}
    uint64_t rows() const { return rows_; }
    // Fills `event`, whose memory is used again, with row `i`.
    void row(uint64_t i, AgentEvent& event) const;

private:
    uint64_t rows_;
    uint64_t rows_in_span_;
};

}  // namespace nightshift::bench
