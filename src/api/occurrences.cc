#include "api/occurrences.h"

#include <boost/json.hpp>

#include "api/json.h"
#include "api/problem.h"
#include "base/file.h"
#include "base/text.h"
#include "jobs/evidence/text_file.h"
#include "jobs/runner/run_folder.h"
#include "jobs/show.h"
#include "jobs/words.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;

constexpr size_t kOutputBytesMax = 1u << 20;
constexpr std::chrono::seconds kOutputTime{10};
constexpr std::chrono::hours kOverrideMax{24 * 30};
constexpr int64_t kNoEndMs = 253'402'300'799'999;  // the last of the year 9999

Result<jobs::OccurrenceQuery> parse_query(const Call& call) {
    jobs::OccurrenceQuery query;
    query.tenant = call.principal.tenant;
    query.job = call.request.query_value("job").value_or("");
    if (auto word = call.request.query_value("verdict"); word && !word->empty()) {
        query.verdict = jobs::parse_verdict(*word);
        if (!query.verdict) {
            return fail(Code::kInvalid,
                        "verdict takes verified, unverified, contradicted, failed, late, missed, skipped or"
                        " silent_ok, not {}",
                        *word);
        }
    }
    NS_TRY(int64_t limit, integer_parameter(call.request, "limit", 50, 1, 1000));
    NS_TRY(int64_t until_ms, integer_parameter(call.request, "until_ms", kNoEndMs, 0, kNoEndMs));
    query.limit = static_cast<size_t>(limit);
    if (auto cursor = call.request.query_value("cursor"); cursor && !cursor->empty()) {
        NS_TRY(jobs::OccurrenceKey last, jobs::parse_occurrence_id(query.tenant, *cursor));
        query.before = last.nominal;
        query.before_job = last.job;
    }
    if (until_ms != kNoEndMs) query.until = from_unix_ms(until_ms);
    return query;
}

Task<net::Response> list_occurrences(OccurrenceParts parts, Call call) {
    Result<jobs::OccurrenceQuery> query = parse_query(call);
    if (!query) co_return problem(query.error());
    using Rows = std::vector<jobs::Occurrence>;
    std::function<Result<Rows>()> read = [&] {
        return parts.jobs.readers().read<Rows>(
            [&](store::Database& db) { return jobs::find_occurrences(db, *query); });
    };
    Result<Rows> rows = co_await parts.pool.run<Rows>(std::move(read));
    if (!rows) co_return problem(rows.error());
    json::array items;
    for (const jobs::Occurrence& each : *rows) items.push_back(jobs::show(each, parts.clock.now()));
    json::object body{{"items", std::move(items)}, {"next_cursor", nullptr}};
    if (rows->size() == query->limit) body["next_cursor"] = jobs::occurrence_id(rows->back().key);
    co_return json_answer(200, body);
}

Task<net::Response> show_occurrence(OccurrenceParts parts, Call call) {
    Result<jobs::OccurrenceKey> key = jobs::parse_occurrence_id(call.principal.tenant, call.params[0]);
    if (!key) co_return problem(key.error());
    std::function<Result<json::object>()> read = [&] {
        return parts.jobs.readers().read<json::object>([&](store::Database& db) -> Result<json::object> {
            NS_TRY(jobs::Occurrence occurrence, jobs::find_occurrence(db, *key));
            NS_TRY(std::vector<jobs::Run> runs, jobs::find_runs(db, *key));
            NS_TRY(std::vector<jobs::Evidence> evidence, jobs::find_evidence(db, *key));
            NS_TRY(std::vector<jobs::Claim> claims, jobs::find_claims(db, *key));
            json::object out = jobs::show(occurrence, parts.clock.now());
            json::array attempts;
            for (const jobs::Run& each : runs) attempts.push_back(jobs::show(each));
            json::array observations;
            for (const jobs::Evidence& each : evidence) observations.push_back(jobs::show(each));
            json::array words;
            for (const jobs::Claim& each : claims) words.push_back(jobs::show(each));
            out["attempts"] = std::move(attempts);
            out["evidence"] = std::move(observations);
            out["claims"] = std::move(words);
            return out;
        });
    };
    Result<json::object> body = co_await parts.pool.run<json::object>(std::move(read));
    if (!body) co_return problem(body.error());
    std::string deliveries = co_await parts.deliveries(*key);
    (*body)["deliveries"] = json::parse(deliveries);
    co_return json_answer(200, *body);
}

// The end of what an attempt wrote, as text.
Task<net::Response> show_output(OccurrenceParts parts, Call call) {
    Result<jobs::OccurrenceKey> key = jobs::parse_occurrence_id(call.principal.tenant, call.params[0]);
    if (!key) co_return problem(key.error());
    Result<int64_t> attempt = integer_parameter(call.request, "attempt", 1, 1, 1000);
    if (!attempt) co_return problem(attempt.error());
    std::function<Result<std::string>()> read = [&]() -> Result<std::string> {
        auto folder = parts.jobs.run_folder(*key, static_cast<uint32_t>(*attempt));
        auto until = std::chrono::steady_clock::now() + kOutputTime;
        NS_TRY(auto text, jobs::evidence::read_end(jobs::output_path(folder), kOutputBytesMax, until));
        return to_valid_utf8(text.text);
    };
    Result<std::string> text = co_await parts.pool.run<std::string>(std::move(read));
    if (!text && text.error().code == Code::kNotFound)
        co_return problem(Code::kNotFound, "this attempt wrote nothing, or its output is removed already");
    if (!text) co_return problem(text.error());
    net::Response response = net::Response::text(200, std::move(*text));
    response.headers.set("Content-Type", "text/plain; charset=utf-8");
    co_return response;
}

Task<net::Response> add_claim(OccurrenceParts parts, Call call) {
    Result<jobs::OccurrenceKey> key = jobs::parse_occurrence_id(call.principal.tenant, call.params[0]);
    if (!key) co_return problem(key.error());
    Result<json::object> body = parse_body(call.request.body);
    if (!body) co_return problem(body.error());
    const json::value* done = body->if_contains("done");
    if (done == nullptr || !done->is_bool()) co_return problem(Code::kInvalid, "done must be true or false");
    Result<std::string> text = string_member(*body, "text");
    if (!text) co_return problem(text.error());
    Result<int64_t> fence = integer_member(*body, "fence", 0);
    if (!fence) co_return problem(fence.error());
    jobs::AddClaim claim;
    claim.fence = *fence;
    claim.claim = {*key, call.principal.name, done->get_bool(),
                   std::string(truncate_utf8(*text, jobs::kSummaryBytesMax)), parts.clock.now()};
    Result<void> added = co_await parts.jobs.claim(std::move(claim));
    if (!added) co_return problem(added.error());
    co_return net::Response::empty(204);
}

Result<jobs::Override> parse_override(const Call& call, const jobs::OccurrenceKey& key, Time now) {
    NS_TRY(json::object body, parse_body(call.request.body));
    NS_TRY(std::string verdict, string_member(body, "verdict"));
    NS_TRY(std::string reason, string_member(body, "reason"));
    NS_TRY(std::string lasts, string_member(body, "for", "24h"));
    auto parsed = jobs::parse_verdict(verdict);
    if (!parsed) return fail(Code::kInvalid, "verdict is \"{}\", which is none", verdict);
    if (reason.empty()) return fail(Code::kInvalid, "an override needs a reason");
    auto duration = jobs::parse_duration(lasts);
    if (!duration || *duration > kOverrideMax)
        return fail(Code::kInvalid, "for is \"{}\", but must be a duration up to 30d", lasts);
    return jobs::Override{key, *parsed, call.principal.name, reason, now, now + *duration};
}

Task<net::Response> override_verdict(OccurrenceParts parts, Call call) {
    Result<jobs::OccurrenceKey> key = jobs::parse_occurrence_id(call.principal.tenant, call.params[0]);
    if (!key) co_return problem(key.error());
    Result<jobs::Override> over = parse_override(call, *key, parts.clock.now());
    if (!over) co_return problem(over.error());
    Result<void> done = co_await parts.jobs.override_verdict(*over);
    if (!done) co_return problem(done.error());
    co_return net::Response::empty(204);
}

}  // namespace

void add_occurrence_routes(Router& router, OccurrenceParts parts) {
    auto add = [&](net::Method method, const char* pattern, Scope scope,
                   Task<net::Response> (*call)(OccurrenceParts, Call)) {
        router.add({method, pattern, Access::scoped(scope),
                    [parts, call](Call each) { return call(parts, std::move(each)); }});
    };
    add(net::Method::kGet, "/api/v1/occurrences", Scope::kRead, list_occurrences);
    add(net::Method::kGet, "/api/v1/occurrences/{id}", Scope::kRead, show_occurrence);
    add(net::Method::kGet, "/api/v1/occurrences/{id}/output", Scope::kRead, show_output);
    add(net::Method::kPost, "/api/v1/occurrences/{id}/claims", Scope::kIngest, add_claim);
    add(net::Method::kPost, "/api/v1/occurrences/{id}/override", Scope::kWrite, override_verdict);
}

}  // namespace nightshift::api
