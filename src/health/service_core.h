#pragma once

#include <atomic>
#include <deque>
#include <map>

#include "base/random.h"
#include "health/limits.h"
#include "health/reach.h"
#include "health/service.h"
#include "health/store.h"
#include "io/condition.h"
#include "io/task_group.h"

namespace nightshift::health {

// One probe while it is watched. On the loop.
struct Watched {
    Watched(io::Loop& loop, ProbePtr probe, Time from)
        : spec(std::move(probe)),
          question(key_of(spec->question)),
          host(host_of(spec->question)),
          since(from),
          tasks(loop, "probe") {}

    ProbePtr spec;
    std::string question;
    std::string host;
    Time since;  // it is watched
    Settled settled;
    std::deque<Look> looks;  // newest first
    std::optional<Contact> contact;
    State told = State::kUnknown;  // at the look before
    std::optional<Time> next;
    std::optional<Time> kept;  // `seen` of what is on disk
    uint64_t looks_total = 0;
    bool is_looking = false;
    io::Condition looked;
    std::stop_source ending;  // nobody wants its answers any more
    io::TaskGroup tasks;

    std::optional<Look> newest() const {
        return looks.empty() ? std::nullopt : std::optional<Look>(looks.front());
    }
    Task<> end() {
        ending.request_stop();
        co_await tasks.stop();
    }
    Standing standing(Time now) const { return state_of(settled, newest(), spec->policy, since, now); }
};
using WatchedPtr = std::shared_ptr<Watched>;

// Everything of the service that lives on its loop.
struct Service::Core {
    explicit Core(Parts given);

    Result<void> load(const std::vector<ProbePtr>& probes);
    void start();
    Task<> stop();
    Task<> replace(std::vector<ProbePtr> probes);
    ProbeView view(const Watched& watched, bool with_looks) const;
    // Null when there is none.
    WatchedPtr find(const std::string& name) const;
    // One look, or the end of the one that is under way.
    Task<> look(WatchedPtr watched);
    Task<> look_for(WatchedPtr watched, std::function<void(Result<ProbeView>)> done);

    Parts parts;
    std::map<std::string, WatchedPtr> all;
    Stats stats;                                    // but for what is counted elsewhere
    std::atomic<uint64_t> store_failures_total{0};  // on the writer's thread
    io::TaskGroup asked;                            // looks that somebody asked for

private:
    void watch(const WatchedPtr& watched);
    Task<> keep_looking(WatchedPtr watched, std::chrono::nanoseconds first);
    Task<> look_now(WatchedPtr watched);
    void take_look(Watched& watched, Look look);
    bool cut_off(Time now) const;
    void keep(Watched& watched, bool is_news);
    void forget_known(const std::string& name);
    void note(const Result<void>& written, const std::string& name);

    Random random_;
    bool is_started_ = false;
    io::Condition turn_;
};

}  // namespace nightshift::health
