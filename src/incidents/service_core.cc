#include "incidents/service_core.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "incidents/ack_token.h"
#include "incidents/alertmanager.h"
#include "incidents/common_cause.h"
#include "incidents/conclude.h"
#include "incidents/impact.h"
#include "incidents/limits.h"
#include "incidents/render.h"
#include "incidents/share_texts.h"
#include "incidents/turn.h"
#include "io/periodic.h"

namespace nightshift::incidents {
namespace {

constexpr size_t kDiagnosesMax = 32;  // at once; the others wait their turn
constexpr seconds kRetryWrite{1};
constexpr std::chrono::hours kLinkLasts{7 * 24};

std::string new_id(std::string_view prefix, Time now) {
    std::string random = random_bytes(6);
    return fmt::format("{}_{:012x}{}", prefix, unix_ms(now), to_hex(random.data(), random.size()));
}

std::string key_of(const std::string& tenant, const std::string& key) {
    return tenant + '\n' + key;
}

}  // namespace

Service::Core::Core(Parts given, Settings configured)
    : parts(std::move(given)), settings(std::move(configured)), tasks(parts.loop, "incidents") {}

Result<void> Service::Core::load() {
    Time now = parts.clock.now();
    using Rows = std::vector<Kept>;
    std::function<Result<Rows>(store::Database&)> look = [now](store::Database& db) {
        return select_recent(db, now - kReopenWithin);
    };
    NS_TRY(Rows rows, parts.readers.read(look));
    for (Kept& kept : rows) {
        share_texts(kept.incident, texts);
        std::string id = kept.incident.id;
        by_key[key_of(kept.incident.tenant, kept.incident.key)] = id;
        Live& here = live[id];
        here.kept = std::move(kept);
        schedule(here, now);
    }
    load_parts(now);
    return {};
}

void Service::Core::start_periodic_work() {
    for (auto& [id, here] : live) {
        parts.on_change(here.kept.incident, false);
        if (!here.kept.incident.diagnosed && here.kept.incident.state != State::kResolved)
            want_diagnosis(here);
    }
    io::start_periodic(tasks, {"incidents", kLookEvery, [this] { return look_at_due(); }});
    io::start_periodic(tasks, {"incident cleaning", std::chrono::minutes(10), [this] { return prune(); }});
    start_diagnoses();
}

Task<> Service::Core::stop_here() {
    co_await tasks.stop();
}

Service::Core::Live* Service::Core::find_live(const std::string& tenant, const std::string& key) {
    auto id = by_key.find(key_of(tenant, key));
    if (id == by_key.end()) return nullptr;
    auto found = live.find(id->second);
    return found == live.end() ? nullptr : &found->second;
}

Service::Core::Live& Service::Core::open(const Told& group, Time now) {
    Incident incident = open_incident(new_id("inc", now), group.change, now);
    std::string id = incident.id;
    by_key[key_of(incident.tenant, incident.key)] = id;
    Live& here = live[id];
    here.kept.incident = std::move(incident);
    ++stats.opened_total;
    return here;
}

void Service::Core::take(const Told& group) {
    Time now = parts.clock.now();
    Live* here = find_live(group.change.tenant, group.change.key);
    bool was_over = here == nullptr || here->kept.incident.state == State::kResolved;
    if (was_over && group.is_over) return;
    if (here != nullptr && was_over && !may_reopen(here->kept.incident, now)) here = nullptr;
    bool is_new = here == nullptr;
    if (is_new) {
        here = &open(group, now);
    } else {
        take_alerts(here->kept.incident, group.change, now);
    }
    here->kept.policy = group.policy;
    here->kept.told = group.firing;
    here->kept.told_at = now;
    here->is_changed = true;
    const Incident& incident = here->kept.incident;
    bool is_over = incident.state == State::kResolved;
    if (is_over && !was_over) {
        // People hear with its end what it cost.
        tasks.spawn([this, id = incident.id] { return end_one(id); });
        return;
    }
    // Nobody is to be told before it was looked at; escalate() sees to it that a critical one does not wait
    // for long.
    bool is_new_to_people = was_over || !incident.diagnosed;
    if (is_new_to_people && !incident.is_suppressed) want_diagnosis(*here);
    // Mostly it is diagnosed in no time, and then written once instead of twice.
    if (is_new && here->is_diagnosing) return schedule(*here, now + kLookEvery);
    drive(*here);
}

void Service::Core::want_diagnosis(Live& here) {
    if (here.is_diagnosing) return;
    here.is_diagnosing = true;
    to_diagnose.push_back(here.kept.incident.id);
    start_diagnoses();
}

void Service::Core::start_diagnoses() {
    while (!to_diagnose.empty() && stats.diagnosing < kDiagnosesMax) {
        std::string id = std::move(to_diagnose.front());
        to_diagnose.pop_front();
        ++stats.diagnosing;
        tasks.spawn([this, id] { return diagnose_one(id); });
    }
}

Task<> Service::Core::diagnose_one(std::string id) {
    auto started = std::chrono::steady_clock::now();
    auto found = live.find(id);
    if (found != live.end()) {
        Incident asked = found->second.kept.incident;
        Facts facts = co_await parts.gather(asked);
        auto gathered = std::chrono::steady_clock::now();
        Time now = parts.clock.now();
        Diagnosis diagnosis = diagnose(facts, now);
        auto ended = std::chrono::steady_clock::now();
        diagnosis.took = std::chrono::duration_cast<microseconds>(ended - started);
        diagnosis.decision = std::chrono::duration_cast<microseconds>(ended - gathered);
        stats.decision_us_max = std::max(stats.decision_us_max, diagnosis.decision.count());
        stats.diagnosis_us_max = std::max(stats.diagnosis_us_max, diagnosis.took.count());
        ++stats.diagnosed_total;
        if (diagnosis.conclusion == Conclusion::kFalseAlarm) ++stats.false_alarms_total;
        found = live.find(id);
        if (found != live.end()) {
            found->second.is_diagnosing = false;
            if (facts.job) found->second.deadline = facts.job->deadline;
            attach(found->second.kept.incident, std::move(diagnosis), now);
            find_lead(found->second, now);
            found->second.is_changed = true;
            drive(found->second);
        }
    }
    --stats.diagnosing;
    start_diagnoses();
}

Task<> Service::Core::diagnose_for(std::string tenant, std::string id,
                                   std::function<void(Result<Incident>)> done) {
    auto find = [&]() -> Result<Incident> {
        auto found = live.find(id);
        if (found == live.end() || found->second.kept.incident.tenant != tenant)
            return fail(Code::kNotFound, "no incident {:.100} is open, or was lately", id);
        return found->second.kept.incident;
    };
    Result<Incident> known = find();
    if (known) {
        ++stats.diagnosing;
        co_await diagnose_one(id);
        known = find();
    }
    done(std::move(known));
}

Task<> Service::Core::end_one(std::string id) {
    auto found = live.find(id);
    if (found == live.end()) co_return;
    Incident asked = found->second.kept.incident;
    std::pair<uint64_t, int64_t> spent = co_await parts.spent(asked);
    found = live.find(id);
    if (found == live.end()) co_return;
    found->second.kept.incident.tokens = spent.first;
    found->second.kept.incident.cost_nano_usd = spent.second;
    drive(found->second);
}

EscalationPolicy Service::Core::policy_of(const Live& here) const {
    auto named = settings.named_policies.find(here.kept.policy);
    if (named != settings.named_policies.end()) return named->second;
    auto known = settings.policies.find(here.kept.incident.severity);
    return known == settings.policies.end() ? EscalationPolicy() : known->second;
}

std::vector<std::string> Service::Core::channels_of(const Incident& incident,
                                                    const EscalationMove& move) const {
    std::vector<std::string> channels = move.channels;
    for (const Notification& each : incident.notifications) {
        if (std::find(channels.begin(), channels.end(), each.channel) == channels.end())
            channels.emplace_back(each.channel);
    }
    return channels;
}

Wish Service::Core::wish_for(const Incident& incident, const std::string& channel,
                             const Message& message) const {
    Time now = parts.clock.now();
    Wish wish;
    wish.key = new_id("ntf", now);
    wish.channel = channel;
    wish.what = message.what;
    wish.thread = incident.id;
    wish.severity = incident.severity;
    wish.is_resolution = incident.state == State::kResolved;
    Links links;
    if (!settings.url.empty()) links.incident = settings.url + "/incidents/" + incident.id;
    bool can_acknowledge = incident.state == State::kOpen && !settings.url.empty();
    if (can_acknowledge) {
        AckGrant grant{incident.id, incident.tenant, "acknowledge", channel, now + kLinkLasts};
        links.acknowledge =
            fmt::format("{}/ack/{}/{}", settings.url, incident.id, sign(grant, settings.signing_key));
    }
    Rendered rendered = render(incident, links, now);
    bool is_reply = message.what == "reply" || message.what == "resolution";
    wish.subject = is_reply ? "" : std::move(rendered.subject);
    wish.text = is_reply ? render_reply(incident, message.says, now) : std::move(rendered.text);
    wish.payload = parts.speaks_alertmanager(channel)
                       ? alertmanager_payload(incident, {channel, settings.url, links.incident})
                       : std::move(rendered.payload);
    wish.links = std::move(links);
    return wish;
}

void Service::Core::drive(Live& here, Written written) {
    Incident& incident = here.kept.incident;
    Time now = parts.clock.now();
    const Incident before = incident;
    if (!incident.stakes.deadline) incident.stakes.deadline = here.deadline;
    settle_parts(here, now);
    Judged judged = judge_severity(incident.stakes, incident.diagnosis, now);
    take_severity(incident, judge_with_parts(std::move(judged), incident.parts), now);
    std::optional<Time> look;
    if (incident.part_of.empty()) tell_people(here, now, look);
    bool goes_on = incident.state != State::kResolved && incident.diagnosis && !incident.is_suppressed;
    if (goes_on) {
        Time again = incident.diagnosis->at + kDiagnoseAgain;
        look = std::min(look.value_or(again), std::max<Time>(again, now + kLookEvery));
    }
    schedule(here, look);
    bool is_news = here.is_changed || written || !here.unsent.empty() || incident != before;
    if (is_news) write(here, std::move(written));
    if (is_news && !incident.part_of.empty()) wake(incident.part_of, now);
}

void Service::Core::hear(const std::string& id, const Receipt& receipt) {
    auto found = live.find(id);
    if (found == live.end()) {
        auto mark = [this, delivery = receipt.id](store::Database& db) {
            return parts.mark_heard(db, delivery);
        };
        // If that fails we hear of it again after the next start, and forget it again.
        return parts.writer.post(std::move(mark), [core = shared_from_this()](const Result<void>&) {});
    }
    Live& here = found->second;
    here.heard.push_back(receipt.id);
    here.is_changed = true;
    take_receipt(here.kept.incident, receipt, parts.clock.now());
    drive(here);
}

void Service::Core::tell_people(Live& here, Time now, std::optional<Time>& look) {
    Incident& incident = here.kept.incident;
    std::string deals = parts.dealt_with_by(incident.tenant, incident.key);
    Turn turn = whose_turn(incident, settings.first_wait, deals, now);
    if (take_turn(incident, turn.is_ours ? "" : deals, now)) here.is_changed = true;
    if (!turn.is_ours) {
        look = turn.look_again;
        return;
    }
    EscalationMove move = escalate(incident, policy_of(here), {now, parts.is_quiet(now)});
    take_move(incident, move, now);
    look = move.look_again;
    for (const std::string& channel : channels_of(incident, move)) {
        bool is_due = std::find(move.channels.begin(), move.channels.end(), channel) != move.channels.end();
        ChannelUse use{.name = channel, .can_edit = parts.can_edit(channel), .is_due = is_due};
        MessagePlan plan = plan_messages(incident, use, settings.intervals, now);
        if (plan.next) look = std::min(look.value_or(*plan.next), *plan.next);
        for (const Message& message : plan.now) {
            Wish wish = wish_for(incident, channel, message);
            Notification notification{.channel = channel, .delivery = wish.key, .what = message.what};
            notification.step = incident.step;
            notification.revision = incident.revision;
            notification.state = "queued";
            notification.told_state = incident.state;
            notification.told_severity = incident.severity;
            notification.sent = now;
            take_notification(incident, std::move(notification), now);
            here.unsent.push_back(std::move(wish));
            ++stats.notified_total;
        }
    }
}

void Service::Core::write(Live& here, Written written) {
    here.is_changed = false;
    share_texts(here.kept.incident, texts);
    const Incident& incident = here.kept.incident;
    auto row = std::make_shared<const Row>(row_of(here.kept));
    auto wishes = std::make_shared<const std::vector<Wish>>(std::move(here.unsent));
    here.unsent.clear();
    auto heard = std::make_shared<const std::vector<std::string>>(std::move(here.heard));
    here.heard.clear();
    Time now = parts.clock.now();
    store::Writer::Change put = [this, row, wishes, heard, now](store::Database& db) -> Result<void> {
        if (auto done = put_incident(db, *row); !done) return done;
        for (const std::string& each : *heard) {
            if (auto done = parts.mark_heard(db, each); !done) return done;
        }
        for (const Wish& each : *wishes) {
            if (auto done = parts.enqueue(db, row->tenant, each, now); !done) return done;
        }
        return {};
    };
    auto core = shared_from_this();
    ++writes_waiting;
    parts.writer.post(std::move(put), [core, row, wishes, heard, written](const Result<void>& done) {
        --core->writes_waiting;
        if (written) written(done);
        if (done && !wishes->empty()) core->parts.wake_deliveries();
        if (done) return;
        log::error("incidents", "cannot write {}: {}", row->id, done.error().message);
        core->parts.loop.post([core, id = row->id, wishes, heard] {
            ++core->stats.store_failures_total;
            auto found = core->live.find(id);
            if (found == core->live.end()) return;
            Live& again = found->second;
            again.unsent.insert(again.unsent.begin(), wishes->begin(), wishes->end());
            again.heard.insert(again.heard.begin(), heard->begin(), heard->end());
            core->schedule(again, core->parts.clock.now() + kRetryWrite);
        });
    });
    parts.on_change(incident, false);
}

void Service::Core::schedule(Live& here, std::optional<Time> at) {
    const std::string& id = here.kept.incident.id;
    due.erase({here.look, id});
    here.look = at.value_or(Time::max());
    if (at) due.emplace(*at, id);
}

Task<> Service::Core::look_at_due() {
    Time now = parts.clock.now();
    std::vector<std::string> ids;
    for (const auto& [at, id] : due) {
        if (at > now) break;
        ids.push_back(id);
    }
    for (const std::string& id : ids) {
        auto found = live.find(id);
        if (found == live.end()) continue;
        if (wants_another_look(found->second.kept.incident, now)) want_diagnosis(found->second);
        drive(found->second);
    }
    co_return;
}

bool Service::Core::wants_another_look(const Incident& incident, Time now) const {
    return incident.state != State::kResolved && !incident.is_suppressed && incident.diagnosis &&
           now - incident.diagnosis->at >= kDiagnoseAgain;
}

void Service::Core::forget_old(Time now) {
    for (auto each = live.begin(); each != live.end();) {
        const Incident& incident = each->second.kept.incident;
        bool is_old = incident.state == State::kResolved && incident.resolved &&
                      now - *incident.resolved > kReopenWithin && each->second.unsent.empty() &&
                      !is_part_of_what_goes_on(incident);
        if (!is_old) {
            ++each;
            continue;
        }
        parts.on_change(incident, true);
        auto key = by_key.find(key_of(incident.tenant, incident.key));
        if (key != by_key.end() && key->second == incident.id) by_key.erase(key);
        due.erase({each->second.look, incident.id});
        each = live.erase(each);
    }
    std::erase_if(by_cause, [&](const auto& each) { return !live.contains(each.second); });
}

bool Service::Core::is_part_of_what_goes_on(const Incident& incident) const {
    auto lead = live.find(incident.part_of);
    return lead != live.end() && lead->second.kept.incident.state != State::kResolved;
}

Task<> Service::Core::prune() {
    Time now = parts.clock.now();
    forget_old(now);
    Time before = now - settings.keep;
    store::Writer::Change forget = [before](store::Database& db) -> Result<void> {
        NS_TRY([[maybe_unused]] auto gone, forget_resolved(db, before));
        return {};
    };
    Result<void> done = co_await parts.writer.commit(std::move(forget));
    if (!done) log::warn("incidents", "cannot forget old incidents: {}", done.error().message);
}

}  // namespace nightshift::incidents
