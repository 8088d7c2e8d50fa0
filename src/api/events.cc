#include "api/events.h"

#include <boost/json.hpp>

#include "api/event_query.h"
#include "api/export.h"
#include "api/problem.h"
#include "base/text.h"
#include "recorder/event_json.h"

namespace nightshift::api {
namespace {

using auth::Scope;

std::string page_json(const recorder::EventPage& page) {
    std::string body = R"({"items":[)";
    bool first = true;
    for (const recorder::Event& event : page.batch->events) {
        if (!first) body += ',';
        first = false;
        recorder::append_event_json(body, event);
    }
    body += R"(],"next_cursor":)";
    if (page.next_cursor.empty()) {
        body += "null";
    } else {
        append_json_string(body, page.next_cursor);
    }
    body += fmt::format(R"(,"rows_scanned":{}}})", page.rows_scanned);
    return body;
}

std::string result_json(const recorder::QueryResult& result) {
    std::string body = R"({"columns":[)";
    for (size_t i = 0; i < result.columns.size(); ++i) {
        if (i > 0) body += ',';
        append_json_string(body, result.columns[i]);
    }
    body += R"(],"rows":[)";
    for (size_t row = 0; row < result.rows.size(); ++row) {
        body += row > 0 ? ",[" : "[";
        for (size_t i = 0; i < result.rows[row].size(); ++i) {
            if (i > 0) body += ',';
            recorder::append_value_json(body, result.rows[row][i]);
        }
        body += ']';
    }
    body += fmt::format(R"(],"is_truncated":{},"from_rollup":{},"rows_scanned":{},"elapsed_us":{}}})",
                        result.is_truncated, result.from_rollup, result.rows_scanned, result.elapsed_us);
    return body;
}

Task<net::Response> list_events(ExportParts parts, Call call) {
    Result<recorder::EventQuery> query = parse_event_query(call.request, call.principal.tenant);
    if (!query) co_return problem(query.error());
    std::string format = call.request.query_value("format").value_or("json");
    if (format == "ndjson" || format == "csv") {
        co_return export_events(parts, std::move(*query),
                                format == "csv" ? ExportFormat::kCsv : ExportFormat::kNdjson);
    }
    if (format != "json") co_return problem(Code::kInvalid, "format is json, ndjson or csv, not " + format);
    std::function<Result<std::string>()> read = [&recorder = parts.recorder,
                                                 wanted = *query]() -> Result<std::string> {
        NS_TRY(recorder::EventPage page, recorder.events(wanted));
        return page_json(page);
    };
    Result<std::string> body = co_await parts.pool.run(std::move(read));
    if (!body) co_return problem(body.error());
    co_return net::Response::json(200, std::move(*body));
}

Task<net::Response> run_query(const recorder::Recorder& recorder, io::Pool& pool, Call call) {
    Result<recorder::Query> query = parse_query(call.request.body, call.principal.tenant);
    if (!query) co_return problem(query.error());
    std::function<Result<std::string>()> read = [&recorder, wanted = *query]() -> Result<std::string> {
        NS_TRY(recorder::QueryResult result, recorder.query(wanted));
        return result_json(result);
    };
    Result<std::string> body = co_await pool.run(std::move(read));
    if (!body) co_return problem(body.error());
    co_return net::Response::json(200, std::move(*body));
}

Task<net::Response> event_content(const recorder::Recorder& recorder, io::Pool& pool, Call call) {
    std::function<Result<std::string>()> read = [&recorder, tenant = call.principal.tenant,
                                                 id = call.params[0]] {
        return recorder.content(tenant, id);
    };
    Result<std::string> content = co_await pool.run(std::move(read));
    if (!content) co_return problem(content.error());
    co_return net::Response::json(200, std::move(*content));
}

}  // namespace

void add_event_routes(Router& router, const recorder::Recorder& recorder, io::Pool& pool,
                      const Redactor& redactor) {
    ExportParts parts{recorder, pool, redactor};
    router.add({net::Method::kGet, "/api/v1/events", Access::scoped(Scope::kRead),
                [parts](Call call) { return list_events(parts, std::move(call)); }});
    router.add({net::Method::kGet, "/api/v1/events/{id}/content", Access::scoped(Scope::kRead),
                [&recorder, &pool](Call call) { return event_content(recorder, pool, std::move(call)); }});
    router.add({net::Method::kPost, "/api/v1/query", Access::scoped(Scope::kRead),
                [&recorder, &pool](Call call) { return run_query(recorder, pool, std::move(call)); }});
}

}  // namespace nightshift::api
