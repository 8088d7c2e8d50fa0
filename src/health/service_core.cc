#include "health/service_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "io/periodic.h"

namespace nightshift::health {
namespace {

// Undoes on every way out of a coroutine, also by cancellation.
class Finally {
public:
    explicit Finally(std::function<void()> undo) : undo_(std::move(undo)) {}
    Finally(const Finally&) = delete;
    Finally& operator=(const Finally&) = delete;
    ~Finally() { undo_(); }

private:
    std::function<void()> undo_;
};

std::chrono::nanoseconds steady_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

Time after(Time now, std::chrono::nanoseconds delay) {
    return now + std::chrono::duration_cast<microseconds>(delay);
}

}  // namespace

Service::Core::Core(Parts given)
    : parts(std::move(given)),
      asked(parts.loop, "asked probes"),
      random_(parts.seed == 0 ? Random::seeded() : Random(parts.seed)) {}

Result<void> Service::Core::load(const std::vector<ProbePtr>& probes) {
    using All = std::map<std::string, Known>;
    std::function<Result<All>(store::Database&)> read = [](store::Database& db) { return read_known(db); };
    NS_TRY(All known, parts.readers.read<All>(read));
    Time now = parts.clock.now();
    for (const ProbePtr& probe : probes) {
        auto watched = std::make_shared<Watched>(parts.loop, probe, now);
        auto before = known.find(probe->name);
        if (before != known.end() && before->second.question == watched->question) {
            watched->settled = before->second.settled;
            watched->kept = watched->settled.seen;
            watched->told = watched->standing(now).state;
            known.erase(before);
        }
        all.emplace(probe->name, std::move(watched));
    }
    for (const auto& gone : known) forget_known(gone.first);
    return {};
}

void Service::Core::start() {
    is_started_ = true;
    for (const auto& each : all) watch(each.second);
}

Task<> Service::Core::stop() {
    is_started_ = false;
    for (const auto& each : all) each.second->ending.request_stop();
    co_await asked.stop();
    for (const auto& each : all) co_await each.second->end();
}

// Many begin together: their first looks are spread.
void Service::Core::watch(const WatchedPtr& watched) {
    std::chrono::nanoseconds spread =
        std::min<std::chrono::nanoseconds>(watched->spec->policy.every, kStartSpread);
    std::chrono::nanoseconds first(random_.below(static_cast<uint64_t>(spread.count())));
    watched->next = after(parts.clock.now(), first);
    watched->tasks.spawn([this, watched, first] { return keep_looking(watched, first); });
}

Task<> Service::Core::keep_looking(WatchedPtr watched, std::chrono::nanoseconds first) {
    auto due = steady_now() + first;
    for (;;) {
        co_await io::sleep_for(due - steady_now());
        co_await look(watched);
        due = io::next_due(due, steady_now(), watched->spec->policy.every);
        watched->next = after(parts.clock.now(), due - steady_now());
    }
}

Task<> Service::Core::look(WatchedPtr watched) {
    if (watched->is_looking) {
        while (watched->is_looking) co_await watched->looked.wait();
        co_return;
    }
    watched->is_looking = true;
    Finally done([watched] {
        watched->is_looking = false;
        watched->looked.notify_all();
    });
    {
        ++stats.waiting;
        Finally turn_came([this] { --stats.waiting; });
        while (stats.under_way >= kAtOnceMax) co_await turn_.wait();
    }
    ++stats.under_way;
    Finally next([this] {
        --stats.under_way;
        turn_.notify_all();
    });
    co_await look_now(watched);
}

Task<> Service::Core::look_now(WatchedPtr watched) {
    auto began = steady_now();
    Answer answer = co_await ask(watched->spec, parts.run_command, watched->ending.get_token());
    if (watched->ending.stop_requested()) co_return;
    Time now = parts.clock.now();
    if (!watched->host.empty()) watched->contact = Contact{watched->host, now, answer.is_reached};
    if (answer.kind == Answer::Kind::kSilent && !answer.is_reached && !is_this_machine(watched->host) &&
        cut_off(now)) {
        answer.kind = Answer::Kind::kNotAsked;
        answer.why = "none of several hosts can be reached from here: " + answer.why;
    }
    Judgement judgement = judge(answer, expectation_of(watched->spec->question), now);
    auto took = std::chrono::duration_cast<microseconds>(steady_now() - began);
    take_look(*watched, {now, took, judgement.outcome, std::move(judgement.says)});
}

void Service::Core::take_look(Watched& watched, Look look) {
    ++watched.looks_total;
    ++stats.looks_total;
    if (look.outcome == Outcome::kUnknown) ++stats.unknown_total;
    Settled::Word word = watched.settled.word;
    watched.settled = take(std::move(watched.settled), look, watched.spec->policy);
    watched.looks.push_front(std::move(look));
    if (watched.looks.size() > kLooksKept) watched.looks.pop_back();
    keep(watched, watched.settled.word != word);
    State before = watched.told;
    watched.told = watched.standing(parts.clock.now()).state;
    if (watched.told != before) parts.on_change(view(watched, false), before);
}

bool Service::Core::cut_off(Time now) const {
    std::vector<Contact> contacts;
    for (const auto& each : all) {
        if (each.second->contact) contacts.push_back(*each.second->contact);
    }
    return is_cut_off(contacts, now);
}

// What is as it was is written so seldom that it is not stale after a short restart, and no more often.
void Service::Core::keep(Watched& watched, bool is_news) {
    const Settled& settled = watched.settled;
    if (settled.word == Settled::Word::kNothing) return;
    bool is_due = !watched.kept || settled.seen - *watched.kept >= watched.spec->policy.stale_after / 2;
    if (!is_news && !is_due) return;
    watched.kept = settled.seen;
    Known known{watched.question, settled};
    std::string name = watched.spec->name;
    parts.writer.post([name, known](store::Database& db) { return put_known(db, name, known); },
                      [this, name](const Result<void>& written) { note(written, name); });
}

void Service::Core::forget_known(const std::string& name) {
    parts.writer.post([name](store::Database& db) { return forget(db, name); },
                      [this, name](const Result<void>& written) { note(written, name); });
}

// On the writer's thread.
void Service::Core::note(const Result<void>& written, const std::string& name) {
    if (written) return;
    log::error("health", "the state of probe {} cannot be kept: {}", name, written.error().message);
    ++store_failures_total;
}

Task<> Service::Core::replace(std::vector<ProbePtr> probes) {
    std::map<std::string, WatchedPtr> before = std::exchange(all, {});
    Time now = parts.clock.now();
    for (const ProbePtr& probe : probes) {
        auto watched = std::make_shared<Watched>(parts.loop, probe, now);
        auto known = before.find(probe->name);
        if (known != before.end() && known->second->question == watched->question) {
            const Watched& old = *known->second;
            watched->since = old.since;
            watched->settled = old.settled;
            watched->looks = old.looks;
            watched->contact = old.contact;
            watched->kept = old.kept;
            watched->looks_total = old.looks_total;
            watched->told = old.told;
        }
        all.emplace(probe->name, watched);
        if (is_started_) watch(watched);
    }
    for (const auto& each : before) {
        auto now_as = all.find(each.first);
        bool is_other = now_as == all.end() || now_as->second->question != each.second->question;
        if (is_other) forget_known(each.first);
        co_await each.second->end();
    }
}

ProbeView Service::Core::view(const Watched& watched, bool with_looks) const {
    ProbeView view;
    view.spec = watched.spec;
    view.standing = watched.standing(parts.clock.now());
    view.last = to_string(watched.settled.word);
    view.seen = watched.settled.seen;
    view.newest = watched.newest();
    if (!watched.is_looking) view.next = watched.next;
    view.looks_total = watched.looks_total;
    if (with_looks) view.looks.assign(watched.looks.begin(), watched.looks.end());
    return view;
}

WatchedPtr Service::Core::find(const std::string& name) const {
    auto found = all.find(name);
    return found == all.end() ? nullptr : found->second;
}

Task<> Service::Core::look_for(WatchedPtr watched, std::function<void(Result<ProbeView>)> done) {
    co_await look(watched);
    done(view(*watched, true));
}

}  // namespace nightshift::health
