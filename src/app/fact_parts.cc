#include "app/fact_parts.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "app/json_at.h"
#include "base/process_stats.h"
#include "base/text.h"
#include "incidents/evidence.h"

namespace nightshift::app {
namespace {

namespace json = boost::json;
using fleet::AgentState;
using incidents::DependencyFact;

constexpr size_t kRunsMax = 20;
constexpr size_t kRunsWithEvidence = 3;
constexpr std::chrono::hours kCountBack{14 * 24};
constexpr size_t kNamesMax = 10;

// "MemAvailable:   123 kB" of /proc/meminfo.
uint64_t memory_line(std::string_view text, std::string_view name) {
    size_t at = text.find(name);
    if (at == std::string_view::npos) return 0;
    std::string_view rest = trim(text.substr(at + name.size(), 40));
    return parse_uint(rest.substr(0, rest.find(' '))).value_or(0) * 1024;
}

}  // namespace

incidents::RunFact run_fact(const jobs::Occurrence& occurrence, const std::vector<jobs::Evidence>& evidence,
                            Time now) {
    incidents::RunFact run;
    run.id = jobs::occurrence_id(occurrence.key);
    if (auto verdict = occurrence.verdict_at(now)) run.verdict = jobs::to_string(*verdict);
    run.phase = jobs::to_string(occurrence.phase);
    run.why = occurrence.why;
    run.warning = occurrence.warning;
    run.nominal = occurrence.key.nominal;
    run.ended = occurrence.ended;
    std::map<std::string, int> paths;
    for (const jobs::Evidence& each : evidence) {
        incidents::ExpectationFact fact;
        fact.name = each.expectation;
        fact.impact = jobs::to_string(each.impact);
        fact.outcome = jobs::to_string(each.outcome);
        fact.condition = each.condition;
        fact.observed = each.observed;
        fact.is_claimants_word = each.is_claimants_word;
        fact.is_alternative = paths[each.expectation]++ > 0;
        run.expectations.push_back(std::move(fact));
    }
    return run;
}

Result<incidents::JobFacts> read_job_facts(store::Database& db, const jobs::JobView& view, Time now) {
    incidents::JobFacts facts;
    facts.job = view.job->name;
    facts.next = view.next;
    facts.is_paused = view.is_paused;
    facts.paused_why = view.paused_why;
    jobs::OccurrenceQuery query{
        .tenant = view.job->tenant, .job = view.job->name, .until = now, .limit = kRunsMax};
    NS_TRY(auto rows, jobs::find_occurrences(db, query));
    for (size_t i = 0; i < rows.size(); ++i) {
        std::vector<jobs::Evidence> evidence;
        if (i < kRunsWithEvidence) {
            NS_TRY(evidence, jobs::find_evidence(db, rows[i].key));
        }
        facts.runs.push_back(run_fact(rows[i], evidence, now));
    }
    if (view.job->deadline.count() > 0 && !rows.empty() && !rows.front().verdict)
        facts.deadline = rows.front().key.nominal + view.job->deadline;
    NS_TRY(jobs::Totals counted,
           jobs::count_rows(db, view.job->tenant, view.job->name, now - kCountBack, now));
    using jobs::Verdict;
    facts.good = counted[Verdict::kVerified] + counted[Verdict::kSilentOk] + counted[Verdict::kLate];
    facts.bad = counted[Verdict::kFailed] + counted[Verdict::kContradicted] + counted[Verdict::kMissed];
    return facts;
}

incidents::ReceiptFact receipt_fact(const delivery::Delivery& delivery) {
    incidents::ReceiptFact fact;
    fact.delivery = delivery.id;
    fact.run = delivery.about.starts_with("run:") ? delivery.about.substr(4) : "";
    fact.channel = delivery.channel;
    fact.state = delivery::to_string(delivery.state);
    if (delivery.receipt) {
        fact.identifier = delivery.receipt->identifier;
        fact.at = delivery.receipt->time;
    }
    if (delivery.state != delivery::State::kDelivered) fact.error = delivery.why;
    return fact;
}

bool is_bad(AgentState state) {
    return state == AgentState::kFailed || state == AgentState::kLooping || state == AgentState::kOffline ||
           state == AgentState::kStalled;
}

std::vector<incidents::SiblingFacts> sibling_facts(const std::vector<alerts::Signal>& verdicts,
                                                   const fleet::View* view, const incidents::Subject& subject,
                                                   std::string_view own_agent) {
    incidents::SiblingFacts jobs{.kind = "jobs"};
    for (const alerts::Signal& each : verdicts) {
        std::string name(each.labels.get("job"));
        if (subject.kind == "job" && subject.name == name) continue;
        std::string_view verdict = each.labels.get("verdict");
        if (incidents::is_good_verdict(verdict)) ++jobs.good;
        if (incidents::is_bad_verdict(verdict)) {
            ++jobs.bad;
            if (jobs.bad_names.size() < kNamesMax) jobs.bad_names.push_back(std::move(name));
        }
        if (!incidents::is_good_verdict(verdict) && !incidents::is_bad_verdict(verdict)) ++jobs.unknown;
    }
    std::vector<incidents::SiblingFacts> all{std::move(jobs)};
    if (view == nullptr) return all;
    incidents::SiblingFacts agents{.kind = "agents"};
    for (const auto& entry : view->agents()) {
        if (entry->id == own_agent || (subject.kind == "agent" && subject.name == entry->id)) continue;
        bool is_unknown = entry->state == AgentState::kUnknown;
        ++(is_bad(entry->state) ? agents.bad : is_unknown ? agents.unknown : agents.good);
        if (is_bad(entry->state) && agents.bad_names.size() < kNamesMax)
            agents.bad_names.push_back(entry->id);
    }
    all.push_back(std::move(agents));
    return all;
}

std::vector<DependencyFact> route_facts(const std::vector<gateway::RouteReport>& routes) {
    std::vector<DependencyFact> facts;
    for (const gateway::RouteReport& each : routes) {
        DependencyFact fact{.kind = "route", .name = each.route};
        fact.health = !each.is_served          ? DependencyFact::Health::kDown
                      : !each.troubled.empty() ? DependencyFact::Health::kDegraded
                      : each.serving.empty()   ? DependencyFact::Health::kUnknown
                                               : DependencyFact::Health::kGood;
        fact.says = each.troubled.empty() ? each.why : each.troubled;
        fact.has_alternative = !each.troubled.empty() && !each.serving.empty();
        if (fact.has_alternative) fact.alternative = each.serving + " answers";
        facts.push_back(std::move(fact));
    }
    return facts;
}

std::vector<DependencyFact> channel_facts(const std::vector<delivery::ChannelHealth>& channels) {
    std::vector<DependencyFact> facts;
    for (const delivery::ChannelHealth& each : channels) {
        if (!each.is_configured) continue;
        DependencyFact fact{.kind = "channel", .name = each.name};
        bool fails = each.last_error && (!each.last_receipt || *each.last_error > *each.last_receipt);
        fact.health = fails               ? DependencyFact::Health::kDown
                      : each.last_receipt ? DependencyFact::Health::kGood
                                          : DependencyFact::Health::kUnknown;
        fact.says = fails               ? each.last_error_text
                    : each.last_receipt ? "the last message has its receipt"
                                        : "";
        if (fails) fact.since = each.last_error;
        facts.push_back(std::move(fact));
    }
    return facts;
}

std::vector<DependencyFact> source_facts(const std::vector<api::Failing>& failing) {
    std::vector<DependencyFact> facts;
    for (const api::Failing& each : failing) {
        if (!each.part.starts_with("source ")) continue;
        DependencyFact fact{.kind = "source", .name = each.part.substr(7)};
        fact.health = DependencyFact::Health::kDown;
        fact.says = each.message;
        if (each.since_ms > 0) fact.since = from_unix_ms(each.since_ms);
        facts.push_back(std::move(fact));
    }
    return facts;
}

std::optional<incidents::ActivityFacts> activity_facts(std::string_view fleet_json, bool is_session) {
    json::error_code error;
    json::value root = json::parse(fleet_json, error);
    if (error || !root.is_object()) return std::nullopt;
    incidents::ActivityFacts facts;
    facts.agent = is_session ? text_at(root, "agent") : text_at(root, "id");
    facts.session = is_session ? text_at(root, "id") : "";
    facts.state = text_at(root, "state.value");
    facts.why = text_at(root, "state.why");
    facts.since = time_at(root, "state.since_ms");
    facts.last_event = time_at(root, "last_event_ms");
    facts.tokens = static_cast<uint64_t>(number_at(root, "tokens.input") + number_at(root, "tokens.output"));
    facts.cost_nano_usd = static_cast<int64_t>(number_at(root, "cost_usd") * 1e9);
    facts.tokens_last_minutes = static_cast<uint64_t>(number_at(root, "tokens_per_minute"));
    facts.errors = static_cast<uint64_t>(number_at(root, "errors"));
    facts.is_loop = facts.state == "looping";
    const json::value* detections = json_at(root, "detections");
    if (detections != nullptr && detections->is_array() && !detections->as_array().empty())
        facts.loop = text_at(detections->as_array().front(), "explanation");
    facts.can_abort = is_session && text_at(root, "source").starts_with("openclaw/");
    return facts;
}

incidents::ResourceFacts read_resources(const std::filesystem::path& data) {
    incidents::ResourceFacts facts;
    DiskStats disk = read_disk_stats(data);
    facts.disk_free_bytes = disk.free_bytes;
    facts.disk_total_bytes = disk.total_bytes;
    std::ifstream file("/proc/meminfo");
    std::string memory((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    facts.memory_available_bytes = memory_line(memory, "MemAvailable:");
    facts.memory_total_bytes = memory_line(memory, "MemTotal:");
    double load = 0;
    if (getloadavg(&load, 1) == 1)
        facts.load_per_core = load / std::max(1u, std::thread::hardware_concurrency());
    facts.own_memory_bytes = read_process_stats().rss_bytes;
    return facts;
}

}  // namespace nightshift::app
