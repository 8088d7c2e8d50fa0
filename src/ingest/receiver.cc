#include "ingest/receiver.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "ingest/events/parse.h"
#include "ingest/limits.h"
#include "ingest/otlp/decode.h"
#include "ingest/otlp/response.h"
#include "io/completion.h"

namespace nightshift::ingest {

using otlp::Encoding;
using otlp::RpcCode;
using recorder::EventBatch;
using recorder::Receipt;

struct Receiver::Counters {
    std::atomic<uint64_t> requests{0};
    std::atomic<uint64_t> bytes{0};
    std::atomic<uint64_t> spans{0};
    std::atomic<uint64_t> logs{0};
    std::atomic<uint64_t> points{0};
    std::atomic<uint64_t> events{0};
    std::atomic<uint64_t> duplicates{0};
    std::atomic<uint64_t> rejected{0};
    std::atomic<uint64_t> filtered{0};
    std::atomic<uint64_t> bad_requests{0};
    std::atomic<uint64_t> refused{0};
    std::atomic<uint64_t> in_flight{0};
};

namespace {

// A failure as OTLP says it: 429 and 503 make clients come back, other codes do not.
struct Refusal {
    int status = 400;
    RpcCode code = RpcCode::kInvalidArgument;
    std::string message;
    int retry_after_s = 0;
};

Refusal refusal_of(const Error& error) {
    switch (error.code) {
        case Code::kInvalid:
            return {400, RpcCode::kInvalidArgument, error.message};
        case Code::kLimit:
            return {429, RpcCode::kResourceExhausted, error.message, 1};
        default:
            return {503, RpcCode::kUnavailable, error.message, 5};
    }
}

// decode_content() says kLimit for a body that is too large, which is final; the recorder says it for a full
// queue.
Refusal body_refusal(const Error& error) {
    if (error.code == Code::kLimit) return {413, RpcCode::kResourceExhausted, error.message};
    return {400, RpcCode::kInvalidArgument, error.message};
}

net::Response answer(Encoding encoding, int status, std::string body) {
    net::Response response;
    response.status = status;
    response.headers.set("Content-Type", otlp::content_type(encoding));
    response.body = std::move(body);
    return response;
}

net::Response answer(Encoding encoding, const Refusal& refusal) {
    net::Response response =
        answer(encoding, refusal.status, otlp::status_response(encoding, refusal.code, refusal.message));
    if (refusal.retry_after_s > 0) response.headers.set("Retry-After", std::to_string(refusal.retry_after_s));
    return response;
}

net::Response problem(const Refusal& refusal) {
    std::string detail;
    append_json_string(detail, refusal.message);
    std::string_view code = refusal.status == 400   ? "invalid"
                            : refusal.status == 413 ? "too_large"
                            : refusal.status == 415 ? "unsupported_media_type"
                            : refusal.status == 429 ? "limit"
                                                    : "unavailable";
    net::Response response = net::Response::json(
        refusal.status,
        fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"code":"{}","detail":{}}})",
                    refusal.status < 500 ? "The request was not taken" : "Try again later", refusal.status,
                    code, detail));
    response.headers.set("Content-Type", "application/problem+json");
    if (refusal.retry_after_s > 0) response.headers.set("Retry-After", std::to_string(refusal.retry_after_s));
    return response;
}

// The media type without its parameters.
std::string media_type(const net::Request& request) {
    return to_lower(trim(net::Headers(request.headers)
                             .get("content-type")
                             .substr(0, request.headers.get("content-type").find(';'))));
}

std::optional<Encoding> encoding_of(const net::Request& request) {
    const std::string type = media_type(request);
    if (type == "application/x-protobuf") return Encoding::kProtobuf;
    if (type == "application/json") return Encoding::kJson;
    return std::nullopt;
}

// A request decoded and mapped, ready for the recorder.
struct Mapped {
    std::shared_ptr<EventBatch> batch = std::make_shared<EventBatch>();
    MapperCounts counts;
    std::vector<SeriesTable::Undo> undo;
};

Result<Mapped> map_body(Signal signal, Encoding encoding, std::string body, std::string_view tenant,
                        const MapperParts& parts, Time now) {
    constexpr size_t kBytesPerRecord = 400;  // a guess, so that the vector of events grows seldom
    Mapped mapped;
    EventBatch& batch = *mapped.batch;
    batch.events.reserve(std::min(body.size() / kBytesPerRecord + 1, limits::kRecordsMax));
    Result<void> decoded;
    if (encoding == Encoding::kProtobuf) {
        auto held = std::make_shared<const std::string>(std::move(body));
        batch.adopt(held);
        Mapper mapper(parts, tenant, now, *held, batch);
        decoded = otlp::decode_protobuf(signal, *held, mapper);
        mapper.finish();
        mapped.counts = mapper.counts();
        mapped.undo = mapper.undo();
    } else {
        Mapper mapper(parts, tenant, now, {}, batch);
        decoded = otlp::decode_json(signal, body, mapper);
        mapper.finish();
        mapped.counts = mapper.counts();
        mapped.undo = mapper.undo();
    }
    if (decoded) return mapped;
    for (auto undo = mapped.undo.rbegin(); undo != mapped.undo.rend(); ++undo) parts.series.take_back(*undo);
    return Failure(decoded.error());
}

std::string events_answer(const Receipt& receipt, const events::Parsed& parsed) {
    std::string body = fmt::format(R"({{"accepted":{},"duplicates":{},"rejected_total":{},"rejected":[)",
                                   receipt.accepted, receipt.duplicates, parsed.rejected);
    for (const events::LineError& error : parsed.errors) {
        if (body.back() != '[') body += ',';
        body += fmt::format(R"({{"line":{},"error":)", error.line);
        append_json_string(body, error.message);
        body += '}';
    }
    return body + "]}";
}

}  // namespace

Receiver::Receiver(recorder::Recorder& recorder, Options options, const Clock& clock)
    : recorder_(recorder),
      options_(std::move(options)),
      clock_(clock),
      redactor_(options_.redact_emails ? Redactor::Emails::kRedact : Redactor::Emails::kKeep),
      pricing_(options_.prices),
      series_(static_cast<uint64_t>(unix_us(clock.now())) * 1000, limits::kSeriesMax),
      parts_{redactor_, pricing_, series_, options_.keep_content, options_.count_openclaw_tokens},
      counters_(std::make_unique<Counters>()) {}

Receiver::~Receiver() = default;

Task<Result<Receipt>> Receiver::write(std::shared_ptr<EventBatch> batch) {
    if (batch->events.empty()) co_return Receipt{};
    if (options_.counted != nullptr) options_.counted->settle(*batch);
    ++counters_->in_flight;
    std::function<void(std::function<void(Result<Receipt>)>)> start =
        [this, &batch](std::function<void(Result<Receipt>)> done) {
            recorder_.append(std::move(batch), std::move(done));
        };
    Result<Receipt> receipt = co_await io::completion<Result<Receipt>>(std::move(start));
    --counters_->in_flight;
    if (receipt) {
        counters_->duplicates += receipt->duplicates;
    } else {
        ++counters_->refused;
    }
    co_return receipt;
}

void Receiver::count(Signal signal, const MapperCounts& counts) {
    std::atomic<uint64_t>& accepted = signal == Signal::kTraces ? counters_->spans
                                      : signal == Signal::kLogs ? counters_->logs
                                                                : counters_->points;
    accepted += counts.accepted;
    counters_->rejected += counts.rejected;
    counters_->filtered += counts.filtered;
}

Task<net::Response> Receiver::otlp(Signal signal, net::Request request, std::string tenant) {
    ++counters_->requests;
    counters_->bytes += request.body.size();
    std::optional<Encoding> encoding = encoding_of(request);
    if (!encoding) {
        ++counters_->bad_requests;
        const Refusal refusal = {415, RpcCode::kInvalidArgument,
                                 "Content-Type has to be application/x-protobuf or application/json"};
        co_return answer(Encoding::kJson, refusal);
    }
    Result<std::string> body = net::decode_content(request.headers.get("content-encoding"),
                                                   std::move(request.body), limits::kBodyBytesMax);
    if (!body) {
        ++counters_->bad_requests;
        co_return answer(*encoding, body_refusal(body.error()));
    }
    Result<Mapped> mapped = map_body(signal, *encoding, std::move(*body), tenant, parts_, clock_.now());
    if (!mapped) {
        ++counters_->bad_requests;
        co_return answer(*encoding, refusal_of(mapped.error()));
    }
    Result<Receipt> receipt = co_await write(std::move(mapped->batch));
    if (!receipt) {
        for (auto undo = mapped->undo.rbegin(); undo != mapped->undo.rend(); ++undo) series_.take_back(*undo);
        co_return answer(*encoding, refusal_of(receipt.error()));
    }
    count(signal, mapped->counts);
    std::string success =
        otlp::export_response(signal, *encoding, mapped->counts.rejected, mapped->counts.reason);
    co_return answer(*encoding, 200, std::move(success));
}

Task<net::Response> Receiver::events(net::Request request, std::string tenant) {
    ++counters_->requests;
    counters_->bytes += request.body.size();
    const std::string type = media_type(request);
    const bool is_json = type.empty() || type == "application/x-ndjson" || type == "application/ndjson" ||
                         type == "application/json" || type == "application/jsonl" || type == "text/plain";
    if (!is_json) {
        ++counters_->bad_requests;
        co_return problem({415, RpcCode::kInvalidArgument,
                           "Content-Type has to be application/x-ndjson: one JSON event a line"});
    }
    Result<std::string> body = net::decode_content(request.headers.get("content-encoding"),
                                                   std::move(request.body), limits::kBodyBytesMax);
    if (!body) {
        ++counters_->bad_requests;
        co_return problem(body_refusal(body.error()));
    }
    auto batch = std::make_shared<EventBatch>();
    events::Parsed parsed =
        events::parse_lines(*body, tenant, clock_.now(), redactor_, options_.keep_content, *batch);
    Result<Receipt> receipt = co_await write(std::move(batch));
    if (!receipt) co_return problem(refusal_of(receipt.error()));
    counters_->events += receipt->accepted;
    counters_->rejected += parsed.rejected;
    co_return net::Response::json(200, events_answer(*receipt, parsed));
}

Receiver::Stats Receiver::stats() const {
    Stats stats;
    stats.requests_total = counters_->requests;
    stats.bytes_total = counters_->bytes;
    stats.spans_total = counters_->spans;
    stats.logs_total = counters_->logs;
    stats.points_total = counters_->points;
    stats.events_total = counters_->events;
    stats.duplicates_total = counters_->duplicates;
    stats.rejected_total = counters_->rejected;
    stats.filtered_total = counters_->filtered;
    stats.bad_requests_total = counters_->bad_requests;
    stats.refused_total = counters_->refused;
    stats.in_flight = counters_->in_flight;
    stats.series = series_.size();
    stats.series_refused_total = series_.refused();
    return stats;
}

}  // namespace nightshift::ingest
