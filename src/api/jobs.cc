#include "api/jobs.h"

#include <algorithm>
#include <boost/json.hpp>

#include "api/json.h"
#include "api/problem.h"
#include "jobs/job_json.h"
#include "jobs/show.h"
#include "jobs/words.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using auth::Scope;

constexpr size_t kStripMax = 60;
// What is counted when nobody says since when.
constexpr std::chrono::hours kCountSince{24};

// The newest occurrences of each job that are due, newest first.
using Strips = std::map<std::string, std::vector<jobs::Occurrence>>;

Result<Strips> read_strips(jobs::Service& service, const std::vector<jobs::JobView>& views, Time now,
                           size_t limit) {
    return service.readers().read<Strips>([&](store::Database& db) -> Result<Strips> {
        Strips strips;
        for (const jobs::JobView& view : views) {
            jobs::OccurrenceQuery query{
                .tenant = view.job->tenant, .job = view.job->name, .until = now, .limit = limit};
            NS_TRY(strips[view.job->name], jobs::find_occurrences(db, query));
        }
        return strips;
    });
}

// What one look at the ledger answers for the list of jobs.
struct JobList {
    Strips strips;
    jobs::Totals counted;
};

Task<net::Response> list_jobs(JobParts parts, Call call) {
    Result<int64_t> limit = integer_parameter(call.request, "strip", 30, 0, kStripMax);
    if (!limit) co_return problem(limit.error());
    Time now = parts.clock.now();
    Result<int64_t> since_ms =
        integer_parameter(call.request, "since_ms", unix_ms(now - kCountSince), 0, unix_ms(now));
    if (!since_ms) co_return problem(since_ms.error());
    std::vector<jobs::JobView> views = co_await parts.jobs.jobs(call.principal.tenant);
    std::function<Result<JobList>()> read = [&]() -> Result<JobList> {
        JobList list;
        NS_TRY(list.strips, read_strips(parts.jobs, views, now, static_cast<size_t>(*limit)));
        NS_TRY(list.counted, parts.jobs.readers().read<jobs::Totals>([&](store::Database& db) {
            return jobs::count_rows(db, call.principal.tenant, "", from_unix_ms(*since_ms), now);
        }));
        return list;
    };
    Result<JobList> list = co_await parts.pool.run<JobList>(std::move(read));
    if (!list) co_return problem(list.error());
    json::array items;
    for (const jobs::JobView& view : views)
        items.push_back(jobs::show(view, list->strips[view.job->name], now));
    json::object counted = jobs::show(list->counted);
    counted["since_ms"] = *since_ms;
    json::object body{{"items", std::move(items)}, {"counted", std::move(counted)}, {"audit", nullptr}};
    if (auto audit = parts.jobs.audit()) body["audit"] = jobs::show(*audit);
    co_return json_answer(200, body);
}

// Where watched work reports: by its own key, and by its name under the tenant's.
void add_ping_paths(json::object& body, const JobParts& parts, const jobs::JobPtr& job) {
    if (!job->is_watched()) return;
    body["ping_path"] = parts.ping_path(job);
    body["ping_slug_path"] = parts.ping_slug_path(job);
}

Task<net::Response> show_job(JobParts parts, Call call) {
    std::optional<jobs::JobView> view = co_await parts.jobs.job(call.principal.tenant, call.params[0]);
    if (!view) co_return problem(Code::kNotFound, fmt::format("there is no job {}", call.params[0]));
    Time now = parts.clock.now();
    std::function<Result<Strips>()> read = [&] { return read_strips(parts.jobs, {*view}, now, kStripMax); };
    Result<Strips> strips = co_await parts.pool.run<Strips>(std::move(read));
    if (!strips) co_return problem(strips.error());
    json::object body = jobs::show(*view, (*strips)[view->job->name], now);
    body["definition"] = json::parse(view->job->definition);
    add_ping_paths(body, parts, view->job);
    co_return json_answer(200, body);
}

// What comes next and why, in words a person can check against a calendar.
Task<net::Response> explain_job(JobParts parts, Call call) {
    std::optional<jobs::JobView> view = co_await parts.jobs.job(call.principal.tenant, call.params[0]);
    if (!view) co_return problem(Code::kNotFound, fmt::format("there is no job {}", call.params[0]));
    json::object body{{"name", view->job->name}, {"schedule", nullptr}, {"next", json::array()}};
    if (view->job->schedule) {
        json::array next;
        for (const jobs::Planned& each : view->job->schedule->preview(parts.clock.now(), 10)) {
            next.push_back(json::object{
                {"nominal_ms", unix_ms(each.nominal)},
                {"nominal", jobs::words(each.nominal)},
                {"start_ms", unix_ms(view->job->schedule->start_of(each.nominal, view->job->name))},
                {"note", each.note}});
        }
        body["schedule"] = view->job->schedule->describe();
        body["zone"] = view->job->schedule->zone();
        body["tzdata"] = view->job->schedule->tzdata_version();
        body["next"] = std::move(next);
    }
    json::array expectations;
    for (const jobs::Expectation& expectation : view->job->expectations) {
        json::array paths;
        for (const auto& source : expectation.any_of) paths.emplace_back(source->describe());
        expectations.push_back(json::object{{"name", expectation.name},
                                            {"impact", jobs::to_string(expectation.impact)},
                                            {"any_of", std::move(paths)}});
    }
    body["expectations"] = std::move(expectations);
    co_return json_answer(200, body);
}

std::string all_of(const std::vector<jobs::JobProblem>& problems) {
    std::string text;
    for (const jobs::JobProblem& each : problems)
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", each.path.empty() ? "the job" : each.path,
                            each.message);
    return text;
}

Task<net::Response> put_job(JobParts parts, Call call) {
    Result<json::object> body = parse_body(call.request.body);
    if (!body) co_return problem(body.error());
    const json::value* name = body->if_contains("name");
    if (name == nullptr) (*body)["name"] = call.params[0];
    if (name != nullptr && (!name->is_string() || std::string_view(name->get_string()) != call.params[0]))
        co_return problem(Code::kInvalid, "the name in the body is not the one in the path");
    std::vector<jobs::JobProblem> problems;
    jobs::JobPtr job = jobs::read_job(*body, call.principal.tenant, false, parts.zones, problems);
    if (!job) co_return problem(Code::kInvalid, all_of(problems));
    if (std::string missing = parts.missing(*job); !missing.empty())
        co_return problem(Code::kInvalid, missing);
    Result<void> put = co_await parts.jobs.put_job(job);
    if (!put) co_return problem(put.error());
    json::object answer{{"name", job->name}, {"revision", job->revision}};
    add_ping_paths(answer, parts, job);
    co_return json_answer(200, answer);
}

Task<net::Response> delete_job(JobParts parts, Call call) {
    Result<void> removed = co_await parts.jobs.remove_job(call.principal.tenant, call.params[0]);
    if (!removed) co_return problem(removed.error());
    co_return net::Response::empty(204);
}

Task<net::Response> run_job(JobParts parts, Call call) {
    Result<jobs::OccurrenceKey> key =
        co_await parts.jobs.trigger(call.principal.tenant, call.params[0], jobs::Trigger::kManual);
    if (!key) co_return problem(key.error());
    co_return json_answer(202, json::object{{"occurrence", jobs::occurrence_id(*key)}});
}

Task<net::Response> pause_job(JobParts parts, Call call, bool is_paused) {
    Result<json::object> body = parse_body(call.request.body);
    if (!body) co_return problem(body.error());
    Result<std::string> reason = string_member(*body, "reason");
    if (!reason) co_return problem(reason.error());
    if (is_paused && reason->empty()) co_return problem(Code::kInvalid, "a pause needs a reason");
    jobs::Pause pause{call.principal.tenant, call.params[0], is_paused,
                      call.principal.name,   *reason,        parts.clock.now()};
    Result<void> paused = co_await parts.jobs.pause(std::move(pause));
    if (!paused) co_return problem(paused.error());
    co_return net::Response::empty(204);
}

}  // namespace

void add_job_routes(Router& router, JobParts parts) {
    auto add = [&](net::Method method, const char* pattern, Scope scope,
                   Task<net::Response> (*call)(JobParts, Call)) {
        router.add({method, pattern, Access::scoped(scope),
                    [parts, call](Call each) { return call(parts, std::move(each)); }});
    };
    add(net::Method::kGet, "/api/v1/jobs", Scope::kRead, list_jobs);
    add(net::Method::kGet, "/api/v1/jobs/{name}", Scope::kRead, show_job);
    add(net::Method::kGet, "/api/v1/jobs/{name}/explain", Scope::kRead, explain_job);
    add(net::Method::kPut, "/api/v1/jobs/{name}", Scope::kAdmin, put_job);
    add(net::Method::kDelete, "/api/v1/jobs/{name}", Scope::kAdmin, delete_job);
    add(net::Method::kPost, "/api/v1/jobs/{name}/run", Scope::kWrite, run_job);
    router.add({net::Method::kPost, "/api/v1/jobs/{name}/pause", Access::scoped(Scope::kWrite),
                [parts](Call call) { return pause_job(parts, std::move(call), true); }});
    router.add({net::Method::kPost, "/api/v1/jobs/{name}/resume", Access::scoped(Scope::kWrite),
                [parts](Call call) { return pause_job(parts, std::move(call), false); }});
}

}  // namespace nightshift::api
