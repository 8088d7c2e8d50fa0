#include "app/facts.h"

#include <algorithm>
#include <set>

#include "app/fact_parts.h"
#include "app/probe_facts.h"
#include "base/text.h"
#include "incidents/evidence.h"
#include "incidents/limits.h"
#include "io/completion.h"
#include "io/condition.h"
#include "io/periodic.h"

namespace nightshift::app {

using incidents::Facts;
using incidents::Subject;

// One answer being put together. On the loop.
struct FactGatherer::Gathering {
    Question question;
    Facts facts;
    std::optional<jobs::JobView> job;  // that it is about, or that its labels name
    Uses uses;                         // of the subject, as far as anybody knows
    bool is_known = false;             // the two above are
    io::Condition known;
    std::set<std::string> open;  // parts that have not come
    io::Signal done;
    bool is_over = false;
    std::chrono::steady_clock::time_point limit =
        std::chrono::steady_clock::now() + incidents::kDiagnosisLimit;

    void end() {
        if (is_over) return;
        is_over = true;
        done.wake();
    }
};

namespace {

constexpr std::chrono::hours kChangesBack{24};
constexpr size_t kReceiptRuns = 3;
constexpr milliseconds kWatchEvery{250};
constexpr milliseconds kSharedFor{1'000};
constexpr std::chrono::hours kEventsBack{24 * 7};

std::string literal(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

Subject subject_of(const Labels& labels) {
    for (std::string_view kind :
         {"job", "session", "route", "channel", "source", "agent", "provider", "probe"}) {
        if (labels.has(kind)) return {std::string(kind), std::string(labels.get(kind))};
    }
    if (labels.has("limit")) return {"budget", std::string(labels.get("limit"))};
    if (labels.has("part") || labels.has("resource"))
        return {"self", std::string(labels.has("part") ? labels.get("part") : labels.get("resource"))};
    return {"series", std::string(labels.get("alertname"))};
}

template <class T>
bool FactGatherer::Shared<T>::is_fresh() const {
    return seen && std::chrono::steady_clock::now() - *seen < kSharedFor;
}

FactGatherer::FactGatherer(Parts parts) : parts_(std::move(parts)), tasks_(parts_.loop, "facts") {}

Task<Facts> FactGatherer::gather(Question question) {
    auto gathering = std::make_shared<Gathering>();
    Facts& facts = gathering->facts;
    facts.subject = question.subject;
    facts.labels = question.labels;
    facts.alert = question.alert;
    facts.alert_started = question.started;
    facts.at = parts_.clock.now();
    bool is_job = question.subject.kind == "job";
    // It belongs to no job, or to no session: that is known, not missing.
    if (!is_job) {
        facts.job = incidents::JobFacts();
        facts.receipts = std::vector<incidents::ReceiptFact>();
    }
    gathering->question = std::move(question);
    const std::vector<std::pair<std::string, Look>> looks{
        {"job", &FactGatherer::look_at_job},           {"receipts", &FactGatherer::look_at_receipts},
        {"siblings", &FactGatherer::look_at_siblings}, {"dependencies", &FactGatherer::look_at_dependencies},
        {"activity", &FactGatherer::look_at_activity}, {"own", &FactGatherer::look_at_ourselves},
        {"changes", &FactGatherer::look_at_changes},   {"resources", &FactGatherer::look_at_resources}};
    for (const auto& look : looks) gathering->open.insert(look.first);
    tasks_.spawn([this, gathering] { return look_at_subject(gathering); });
    for (const auto& look : looks) {
        tasks_.spawn([this, gathering, name = look.first, which = look.second] {
            return run(gathering, name, which);
        });
    }
    under_way_.push_back(gathering);
    watch_limit();
    co_await gathering->done.wait();
    Facts gathered = gathering->facts;
    gathered.late.assign(gathering->open.begin(), gathering->open.end());
    co_return gathered;
}

// One watch for all gatherings: many may be under way in a storm.
void FactGatherer::watch_limit() {
    if (is_watching_) return;
    is_watching_ = true;
    io::start_periodic(tasks_, {"diagnosis limit", kWatchEvery, [this] { return end_overdue(); }});
}

Task<> FactGatherer::end_overdue() {
    auto now = std::chrono::steady_clock::now();
    std::erase_if(under_way_, [&](const std::weak_ptr<Gathering>& each) {
        auto gathering = each.lock();
        if (gathering && gathering->limit <= now) gathering->end();
        return !gathering || gathering->is_over;
    });
    co_return;
}

Task<> FactGatherer::run(std::shared_ptr<Gathering> gathering, std::string name, Look look) {
    co_await (this->*look)(gathering);
    if (gathering->is_over) co_return;
    gathering->open.erase(name);
    if (gathering->open.empty()) gathering->end();
}

// Once for all that go by it.
Task<> FactGatherer::look_at_subject(std::shared_ptr<Gathering> gathering) {
    const Question& question = gathering->question;
    const Subject& subject = question.subject;
    std::string job(subject.kind == "job" ? subject.name : question.labels.get("job"));
    if (!job.empty()) {
        gathering->job = co_await parts_.jobs.job(question.tenant, job);
        if (gathering->job) gathering->uses = uses_of(*gathering->job->job);
    } else {
        FleetWord word = ask_fleet(question);
        if (word.json) gathering->uses = uses_of_fleet(*word.json);
    }
    gathering->is_known = true;
    gathering->known.notify_all();
}

Task<> FactGatherer::until_known(std::shared_ptr<Gathering> gathering) {
    while (!gathering->is_known) co_await gathering->known.wait();
}

Task<> FactGatherer::look_at_job(std::shared_ptr<Gathering> gathering) {
    if (gathering->question.subject.kind != "job") co_return;
    co_await until_known(gathering);
    if (!gathering->job) co_return;
    Time now = parts_.clock.now();
    std::function<Result<incidents::JobFacts>()> read = [this, view = gathering->job, now] {
        return parts_.jobs.readers().read<incidents::JobFacts>(
            [&](store::Database& db) { return read_job_facts(db, *view, now); });
    };
    Result<incidents::JobFacts> facts = co_await parts_.pool.run<incidents::JobFacts>(std::move(read));
    if (facts && !gathering->is_over) gathering->facts.job = std::move(*facts);
}

Task<> FactGatherer::look_at_receipts(std::shared_ptr<Gathering> gathering) {
    const Question question = gathering->question;
    if (question.subject.kind != "job") co_return;
    co_await until_known(gathering);
    if (!gathering->job) {
        gathering->facts.receipts = std::vector<incidents::ReceiptFact>();  // of nothing that runs here
        co_return;
    }
    Time now = parts_.clock.now();
    using Rows = std::vector<jobs::Occurrence>;
    std::function<Result<Rows>()> read = [this, question, now] {
        return parts_.jobs.readers().read<Rows>([&](store::Database& db) {
            return jobs::find_occurrences(db, {.tenant = question.tenant,
                                               .job = question.subject.name,
                                               .until = now,
                                               .limit = kReceiptRuns});
        });
    };
    Result<Rows> runs = co_await parts_.pool.run<Rows>(std::move(read));
    if (!runs) co_return;
    std::vector<incidents::ReceiptFact> receipts;
    for (const jobs::Occurrence& run : *runs) {
        delivery::Filter filter{.tenant = question.tenant, .about = "run:" + jobs::occurrence_id(run.key)};
        Result<delivery::Page> page = co_await parts_.deliveries.list(std::move(filter));
        if (!page) co_return;
        for (const delivery::Delivery& each : page->deliveries) receipts.push_back(receipt_fact(each));
    }
    if (!gathering->is_over) gathering->facts.receipts = std::move(receipts);
}

Task<> FactGatherer::look_at_siblings(std::shared_ptr<Gathering> gathering) {
    const Question& question = gathering->question;
    std::vector<alerts::Signal> verdicts = parts_.verdicts.signals(parts_.clock.now());
    std::erase_if(verdicts, [&](const alerts::Signal& each) { return each.tenant != question.tenant; });
    auto view = parts_.fleet.view(question.tenant);
    std::vector<incidents::SiblingFacts> siblings =
        sibling_facts(verdicts, view.get(), question.subject, question.labels.get("agent"));
    co_await until_known(gathering);
    const Uses& own = gathering->uses;
    if (!own.empty()) {
        std::vector<Peer> jobs = co_await job_peers(question.tenant, std::move(verdicts));
        std::vector<Peer> agents;
        if (view) {
            for (const auto& entry : view->agents())
                agents.push_back({{"source " + entry->source}, is_bad(entry->state)});
        }
        for (incidents::SiblingFacts& each : siblings)
            each.sharing = shared_by_the_bad(own, each.kind == "jobs" ? jobs : agents);
    }
    if (!gathering->is_over) gathering->facts.siblings = std::move(siblings);
}

Task<std::vector<Peer>> FactGatherer::job_peers(std::string tenant, std::vector<alerts::Signal> verdicts) {
    if (auto known = job_peers_.find(tenant); known != job_peers_.end() && known->second.is_fresh())
        co_return known->second.value;
    std::set<std::string> bad;
    for (const alerts::Signal& each : verdicts) {
        if (incidents::is_bad_verdict(each.labels.get("verdict"))) bad.emplace(each.labels.get("job"));
    }
    std::vector<jobs::JobView> all = co_await parts_.jobs.jobs(tenant);
    std::vector<Peer> peers;
    for (const jobs::JobView& each : all) peers.push_back({uses_of(*each.job), bad.contains(each.job->name)});
    std::erase_if(job_peers_, [](const auto& each) { return !each.second.is_fresh(); });
    job_peers_[tenant] = {peers, std::chrono::steady_clock::now()};
    co_return peers;
}

Task<> FactGatherer::look_at_dependencies(std::shared_ptr<Gathering> gathering) {
    std::vector<incidents::DependencyFact> all = source_facts(parts_.failing());
    if (gateway::Gateway* gateway = parts_.gateway()) {
        for (incidents::DependencyFact& each : route_facts(gateway->routes())) all.push_back(std::move(each));
    }
    if (!channels_.is_fresh()) {
        Result<std::vector<delivery::ChannelHealth>> channels = co_await parts_.deliveries.channels();
        if (!channels) co_return;
        channels_ = {std::move(*channels), std::chrono::steady_clock::now()};
    }
    for (incidents::DependencyFact& each : channel_facts(channels_.value)) all.push_back(std::move(each));
    co_await until_known(gathering);
    const Uses& own = gathering->uses;
    mark_own(all, own);
    std::vector<health::ProbeView> probes = co_await parts_.probes.list();
    weigh_probes(probes, {gathering->question.subject, gathering->question.labels, own}, all);
    if (!gathering->is_over) gathering->facts.dependencies = std::move(all);
}

Task<> FactGatherer::look_at_activity(std::shared_ptr<Gathering> gathering) {
    FleetWord word = ask_fleet(gathering->question);
    if (word.json) gathering->facts.activity = activity_facts(*word.json, word.is_session);
    co_return;
}

FactGatherer::FleetWord FactGatherer::ask_fleet(const Question& question) const {
    const Subject& subject = question.subject;
    std::string session(subject.kind == "session" ? subject.name : question.labels.get("session"));
    std::string agent(subject.kind == "agent" ? subject.name : question.labels.get("agent"));
    FleetWord word;
    if (!session.empty()) word.json = parts_.fleet.session(question.tenant, session);
    word.is_session = word.json.has_value();
    if (!word.json && !agent.empty()) word.json = parts_.fleet.agent(question.tenant, agent);
    return word;
}

Task<> FactGatherer::look_at_ourselves(std::shared_ptr<Gathering> gathering) {
    const Question question = gathering->question;
    incidents::OwnFacts own;
    own.is_behind = parts_.fleet.stats().is_behind;
    std::string where = parts_.listens_to(question.labels.get("alertname"));
    own.source = where.empty() ? std::string(question.labels.get("source")) : where;
    own.is_judged_silent = !where.empty();
    if (!own.source.empty()) own.is_source_reachable = true;
    for (const api::Failing& each : parts_.failing()) {
        if (each.part == "source " + own.source) own.is_source_reachable = false;
        if (each.part.starts_with("route ") || each.part.starts_with("source ")) continue;
        own.failing.push_back({each.part, each.message, from_unix_ms(each.since_ms)});
    }
    if (where.empty() && !own.source.empty()) where = "source contains " + literal(own.source);
    if (!where.empty()) {
        bool is_agent = question.subject.kind == "agent" || question.subject.kind == "session";
        std::string elsewhere;
        if (is_agent)
            elsewhere = fmt::format("{} = {} and not ({})", question.subject.kind,
                                    literal(question.subject.name), where);
        own.source_last_event = co_await last_event(question.tenant, where);
        if (is_agent) own.subject_last_event_elsewhere = co_await last_event(question.tenant, elsewhere);
    }
    if (!gathering->is_over) gathering->facts.own = std::move(own);
}

Task<std::optional<Time>> FactGatherer::last_event(std::string tenant, std::string where) {
    recorder::EventQuery query;
    query.scope = {.tenant = std::move(tenant), .from_us = unix_us(parts_.clock.now() - kEventsBack)};
    query.where = std::move(where);
    query.limit = 1;
    using Last = std::optional<Time>;
    std::function<Result<Last>()> read = [this, query]() -> Result<Last> {
        NS_TRY(recorder::EventPage page, parts_.recorder.events(query));
        if (!page.batch || page.batch->events.empty()) return Last();
        return Last(from_unix_us(page.batch->events.front().time_us));
    };
    Result<Last> last = co_await parts_.pool.run<Last>(std::move(read));
    co_return last.value_or(Last());
}

Task<> FactGatherer::look_at_changes(std::shared_ptr<Gathering> gathering) {
    Time after = parts_.clock.now() - kChangesBack;
    gathering->facts.changes = parts_.changes.since(gathering->question.tenant, after);
    co_return;
}

Task<> FactGatherer::look_at_resources(std::shared_ptr<Gathering> gathering) {
    if (!resources_.is_fresh()) {
        std::function<Result<incidents::ResourceFacts>()> read =
            [this]() -> Result<incidents::ResourceFacts> { return read_resources(parts_.data); };
        Result<incidents::ResourceFacts> facts =
            co_await parts_.pool.run<incidents::ResourceFacts>(std::move(read));
        if (!facts) co_return;
        resources_ = {*facts, std::chrono::steady_clock::now()};
    }
    if (!gathering->is_over) gathering->facts.resources = resources_.value;
}

}  // namespace nightshift::app
