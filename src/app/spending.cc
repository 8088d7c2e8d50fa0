#include "app/spending.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"

namespace nightshift::app {
namespace {

using Spent = std::pair<uint64_t, int64_t>;

double number(const recorder::Value& value) {
    if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
    const auto* real = std::get_if<double>(&value);
    return real != nullptr ? *real : 0.0;
}

Result<Spent> read(const recorder::Recorder& recorder, const recorder::Query& query) {
    NS_TRY(recorder::QueryResult result, recorder.query(query));
    if (result.rows.empty()) return Spent(0, 0);
    const auto& row = result.rows[0];
    return Spent(static_cast<uint64_t>(number(row[0]) + number(row[1])),
                 static_cast<int64_t>(number(row[2]) * 1e9));
}

}  // namespace

Task<Spent> spending(recorder::Recorder& recorder, io::Pool& pool, incidents::Incident incident) {
    const std::string& kind = incident.subject.kind;
    if (kind != "session" && kind != "agent") co_return Spent(0, 0);
    recorder::Query query;
    query.scope = {.tenant = incident.tenant, .from_us = unix_us(incident.started)};
    std::string name;
    append_json_string(name, incident.subject.name);
    query.where = fmt::format("{} = {}", kind, name);
    query.aggregates = {"sum(input_tokens)", "sum(output_tokens)", "sum(cost)"};
    std::function<Result<Spent>()> work = [&recorder, query] { return read(recorder, query); };
    Result<Spent> spent = co_await pool.run<Spent>(std::move(work));
    if (!spent) log::warn("app", "what {} cost is not known: {}", incident.id, spent.error().message);
    co_return spent.value_or(Spent(0, 0));
}

}  // namespace nightshift::app
