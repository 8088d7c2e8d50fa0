#include "jobs/execution_json.h"

#include <boost/json.hpp>

namespace nightshift::jobs {

namespace json = boost::json;

std::string execution_json(const Execution& execution) {
    json::object out{{"started_us", unix_us(execution.started)}, {"ended_us", unix_us(execution.ended)}};
    if (execution.exit_code) out["exit_code"] = *execution.exit_code;
    if (execution.signal != 0) out["signal"] = execution.signal;
    if (execution.timed_out) out["timed_out"] = true;
    if (execution.lost) out["lost"] = true;
    if (execution.was_silent) out["was_silent"] = true;
    if (!execution.error.empty()) out["error"] = execution.error;
    if (!execution.output_path.empty()) out["output_path"] = execution.output_path;
    if (execution.output_bytes != 0) out["output_bytes"] = execution.output_bytes;
    if (execution.output_dropped_bytes != 0) out["output_dropped_bytes"] = execution.output_dropped_bytes;
    if (execution.cpu_ms != 0) out["cpu_ms"] = execution.cpu_ms;
    if (execution.memory_peak_bytes != 0) out["memory_peak_bytes"] = execution.memory_peak_bytes;
    if (!execution.summary.empty()) out["summary"] = execution.summary;
    if (execution.tokens != 0) out["tokens"] = execution.tokens;
    if (execution.cost_nano_usd != 0) out["cost_nano_usd"] = execution.cost_nano_usd;
    return json::serialize(out);
}

Result<Execution> parse_execution(std::string_view text) {
    boost::system::error_code error;
    json::value parsed = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !parsed.is_object()) return fail(Code::kCorrupt, "an execution in the ledger is not JSON");
    const json::object& object = parsed.get_object();
    auto integer = [&](const char* key) -> int64_t {
        const json::value* value = object.if_contains(key);
        return value && value->is_int64()    ? value->get_int64()
               : value && value->is_uint64() ? static_cast<int64_t>(value->get_uint64())
                                             : 0;
    };
    auto words = [&](const char* key) -> std::string {
        const json::value* value = object.if_contains(key);
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    Execution execution;
    execution.started = from_unix_us(integer("started_us"));
    execution.ended = from_unix_us(integer("ended_us"));
    if (object.contains("exit_code")) execution.exit_code = static_cast<int>(integer("exit_code"));
    execution.signal = static_cast<int>(integer("signal"));
    execution.timed_out = object.contains("timed_out");
    execution.lost = object.contains("lost");
    execution.was_silent = object.contains("was_silent");
    execution.error = words("error");
    execution.output_path = words("output_path");
    execution.output_bytes = static_cast<uint64_t>(integer("output_bytes"));
    execution.output_dropped_bytes = static_cast<uint64_t>(integer("output_dropped_bytes"));
    execution.cpu_ms = integer("cpu_ms");
    execution.memory_peak_bytes = integer("memory_peak_bytes");
    execution.summary = words("summary");
    execution.tokens = static_cast<uint64_t>(integer("tokens"));
    execution.cost_nano_usd = integer("cost_nano_usd");
    return execution;
}

}  // namespace nightshift::jobs
