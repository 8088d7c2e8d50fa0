#include "ingest/otlp/response.h"

#include <fmt/core.h>

#include <protozero/pbf_writer.hpp>

#include "base/text.h"

namespace nightshift::ingest::otlp {
namespace {

std::string_view rejected_name(Signal signal) {
    switch (signal) {
        case Signal::kTraces:
            return "rejectedSpans";
        case Signal::kMetrics:
            return "rejectedDataPoints";
        case Signal::kLogs:
            return "rejectedLogRecords";
    }
    return "rejectedSpans";
}

std::string json_text(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

std::string_view content_type(Encoding encoding) {
    return encoding == Encoding::kJson ? "application/json" : "application/x-protobuf";
}

std::string export_response(Signal signal, Encoding encoding, uint64_t rejected, std::string_view message) {
    const bool is_full = rejected == 0 && message.empty();
    if (encoding == Encoding::kJson) {
        if (is_full) return "{}";
        return fmt::format(R"({{"partialSuccess":{{"{}":"{}","errorMessage":{}}}}})", rejected_name(signal),
                           rejected, json_text(message));
    }
    if (is_full) return {};
    // The three responses have the same numbers: partial_success 1, of it the count 1 and the message 2.
    std::string partial;
    protozero::pbf_writer inner(partial);
    if (rejected > 0) inner.add_int64(1, static_cast<int64_t>(rejected));
    if (!message.empty()) inner.add_string(2, message.data(), message.size());
    std::string body;
    protozero::pbf_writer(body).add_message(1, partial);
    return body;
}

std::string status_response(Encoding encoding, RpcCode code, std::string_view message) {
    if (encoding == Encoding::kJson) {
        return fmt::format(R"({{"code":{},"message":{}}})", static_cast<int>(code), json_text(message));
    }
    std::string body;
    protozero::pbf_writer writer(body);
    writer.add_int32(1, static_cast<int>(code));
    writer.add_string(2, message.data(), message.size());
    return body;
}

}  // namespace nightshift::ingest::otlp
