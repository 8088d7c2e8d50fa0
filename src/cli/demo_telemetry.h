#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "cli/client.h"

namespace nightshift::cli {

struct SimulatedModelCall {
    std::string_view model = "claude-sonnet-4-5";
    std::string_view provider = "anthropic";
    uint64_t input_tokens = 0;
    uint64_t cache_read_tokens = 0;
    uint64_t output_tokens = 0;
    int64_t duration_ms = 0;
    std::string_view error_type;  // empty: it went well
};

struct SimulatedToolCall {
    std::string name;
    std::string arguments;  // JSON
    std::string result;
    int64_t duration_ms = 0;
    std::string_view error_type;
};

// Sends what one agent does, as OpenTelemetry GenAI spans over OTLP/HTTP JSON, each marked
// nightshift.simulated. States that spans cannot say before they end (a session began, a person is asked) go
// through the events API.
class SimulatedTelemetry {
public:
    SimulatedTelemetry(Connection connection, std::string agent);

    // A new conversation; `parent` is the session that started it, or "".
    void start_session(std::string_view parent = "");
    const std::string& session() const { return session_; }

    Result<void> model_call(const SimulatedModelCall& call);
    Result<void> tool_call(const SimulatedToolCall& call);
    // A state of the session now: kind session, turn, tool_call or approval; status running, ok, ...
    Result<void> event(std::string_view kind, std::string_view name, std::string_view status);

private:
    Result<void> send_span(std::string_view name, std::string attributes, int64_t duration_ms,
                           std::string_view error_type);

    Connection connection_;
    std::string agent_;
    std::string session_;
    std::string parent_session_;
    std::string trace_;
};

}  // namespace nightshift::cli
