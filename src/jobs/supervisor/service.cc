#include "jobs/supervisor/service.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/assert.h"
#include "base/log.h"
#include "jobs/runner/run_folder.h"
#include "jobs/supervisor/lives.h"
#include "jobs/supervisor/wakeup.h"

namespace nightshift::jobs {
namespace {

constexpr milliseconds kPoolBusy{1000};
// While it is not ready it is looked at more often than it will be.
constexpr milliseconds kFirstLooks{1000};

// The same for the same start, so that deciding again decides the same.
double jitter_of(const std::string& name, uint64_t number) {
    uint64_t hash = XXH3_64bits_withSeed(name.data(), name.size(), number);
    return static_cast<double>(hash >> 11) / static_cast<double>(uint64_t{1} << 53);
}

size_t lives_kept(const RestartPolicy& policy) {
    return std::max<size_t>(policy.short_lives_max, 5) + 2;
}

void set_log_limits(AgentSpec& spec) {
    spec.command.limits.output_files = std::max(spec.log_files_max, 1u);
    spec.command.limits.output_bytes = spec.log_bytes_max * spec.command.limits.output_files;
}

}  // namespace

std::string_view to_string(AgentState state) {
    switch (state) {
        case AgentState::kStarting:
            return "starting";
        case AgentState::kRunning:
            return "running";
        case AgentState::kBackingOff:
            return "backing_off";
        case AgentState::kStopping:
            return "stopping";
        case AgentState::kStopped:
            return "stopped";
        case AgentState::kGivenUp:
            return "given_up";
    }
    return "?";
}

struct Supervisor::Agent {
    Agent(io::Loop& loop, AgentSpec own_spec, std::filesystem::path own_folder)
        : spec(std::move(own_spec)), folder(std::move(own_folder)), wakeup(loop) {
        status.name = spec.name;
    }

    AgentSpec spec;
    std::filesystem::path folder;
    Wakeup wakeup;
    AgentHistory history;

    // The life that runs; `ended` is set when it has.
    std::unique_ptr<Process> process;
    uint64_t number = 0;
    Time started;
    Liveness liveness;
    std::optional<Execution> ended;

    // What is asked for and not yet done.
    bool is_removed = false;
    std::optional<bool> wanted;
    bool wants_fresh_count = false;
    std::string restart_why;

    AgentStatus status;
};

Supervisor::Supervisor(io::Loop& loop, const Clock& clock, io::Pool& pool, Options options)
    : loop_(loop), clock_(clock), pool_(pool), options_(std::move(options)), group_(loop, "supervisor") {}

Supervisor::~Supervisor() = default;

Task<> Supervisor::close() {
    co_await group_.stop();
    agents_.clear();
}

Supervisor::AgentPointer Supervisor::add(AgentSpec spec) {
    std::string name = spec.name;
    auto agent = std::make_shared<Agent>(loop_, std::move(spec), agent_folder(options_.folder, name));
    agents_[name] = agent;
    group_.spawn([this, agent] { return tend(agent); });
    return agent;
}

void Supervisor::replace(Agent& agent, AgentSpec spec) {
    bool is_other = fingerprint_of(agent.spec.command) != fingerprint_of(spec.command);
    agent.spec = std::move(spec);
    agent.is_removed = false;
    if (is_other) {
        agent.wants_fresh_count = true;
        agent.restart_why = "its configuration changed";
    }
    agent.wakeup.wake();
}

void Supervisor::apply(std::vector<AgentSpec> specs) {
    NS_ASSERT(loop_.is_current());
    for (auto& [name, agent] : agents_) {
        auto found = std::ranges::find(specs, name, &AgentSpec::name);
        if (found != specs.end()) continue;
        agent->is_removed = true;
        agent->wants_fresh_count = true;  // should it come back
        agent->wakeup.wake();
    }
    for (auto& spec : specs) {
        set_log_limits(spec);
        auto found = agents_.find(spec.name);
        if (found == agents_.end()) {
            add(std::move(spec));
        } else {
            replace(*found->second, std::move(spec));
        }
    }
    if (std::exchange(has_looked_for_abandoned_, true)) return;
    group_.spawn([this] { return find_abandoned(); });
}

Task<> Supervisor::find_abandoned() {
    std::function<Result<std::vector<std::string>>()> list = [folder = options_.folder] {
        return Result<std::vector<std::string>>(list_agents(folder));
    };
    Result<std::vector<std::string>> names = co_await pool_.run(std::move(list));
    if (!names) co_return;
    for (const auto& name : *names) {
        if (agents_.contains(name)) continue;
        AgentSpec gone;
        gone.name = name;
        add(std::move(gone))->is_removed = true;
    }
}

Result<Supervisor::Agent*> Supervisor::find(const std::string& name) {
    auto found = agents_.find(name);
    if (found == agents_.end() || found->second->is_removed) {
        return fail(Code::kNotFound, "no agent {} is supervised", name);
    }
    return found->second.get();
}

Result<void> Supervisor::start(const std::string& name) {
    NS_TRY(Agent * agent, find(name));
    agent->wanted = true;
    agent->wants_fresh_count = agent->process == nullptr;
    agent->wakeup.wake();
    return {};
}

Result<void> Supervisor::stop(const std::string& name) {
    NS_TRY(Agent * agent, find(name));
    agent->wanted = false;
    agent->wakeup.wake();
    return {};
}

Result<void> Supervisor::restart(const std::string& name) {
    NS_TRY(Agent * agent, find(name));
    agent->wanted = true;
    agent->wants_fresh_count = true;
    agent->restart_why = "restarted by a person";
    agent->wakeup.wake();
    return {};
}

std::vector<AgentStatus> Supervisor::snapshot() const {
    std::vector<AgentStatus> all;
    for (const auto& [name, agent] : agents_) {
        all.push_back(agent->status);
        if (agent->process) all.back().pid = agent->process->pid();
    }
    return all;
}

void Supervisor::show(Agent& agent, AgentState state, std::string why) {
    auto& status = agent.status;
    bool is_new = status.since == Time{} || status.state != state;
    if (is_new) status.since = clock_.now();
    bool is_said = !is_new && status.why == why;
    status.state = state;
    status.is_looked_at = agent.spec.liveness.is_checked();
    status.why = std::move(why);
    status.pid = agent.process ? agent.process->pid() : 0;
    uint64_t newest = std::max(agent.number, agent.history.last_number);
    status.restarts = newest > 0 ? newest - 1 : 0;
    status.output_path = newest > 0 ? output_path(life_folder(agent.folder, newest)).native() : "";
    status.last_end = agent.history.last_end;
    if (state != AgentState::kBackingOff) status.next_start.reset();
    if (is_said) return;
    log::info("jobs", "agent {} is {}{}{}", agent.spec.name, to_string(state), status.why.empty() ? "" : ": ",
              status.why);
    if (options_.on_change) options_.on_change(status);
}

Task<> Supervisor::tend(AgentPointer agent) {
    co_await recover(*agent);
    while (true) {
        co_await follow_wishes(*agent);
        if (agent->process) {
            co_await attend(agent);
        } else if (agent->is_removed) {
            break;
        } else {
            co_await rest(*agent);
        }
    }
    bool was_shown = agent->status.since != Time{};
    if (was_shown) show(*agent, AgentState::kStopped, "removed from the configuration");
    auto found = agents_.find(agent->spec.name);
    if (found != agents_.end() && found->second == agent) agents_.erase(found);
}

Task<> Supervisor::recover(Agent& agent) {
    co_await reload(agent);
    const auto& history = agent.history;
    bool is_other = history.last_number > 0 && history.fingerprint != fingerprint_of(agent.spec.command);
    if (is_other) agent.wants_fresh_count = true;
    if (!history.is_running) co_return;
    auto folder = life_folder(agent.folder, history.last_number);
    auto adopted = Process::adopt(loop_, folder);
    if (!adopted) {  // it was about to start and did not: begin anew
        co_await reload(agent);
        co_return;
    }
    agent.process = std::move(*adopted);
    agent.number = history.last_number;
    auto found = inspect_run(folder);
    agent.started = found.start ? found.start->time : clock_.now();
    agent.liveness = {};
    agent.liveness.is_ready = was_ready(agent.folder, agent.number);
    if (is_other) agent.restart_why = "its configuration changed";
}

// Until the files have been read; they are ours and there is nothing to do without them.
Task<> Supervisor::reload(Agent& agent) {
    while (true) {
        std::function<Result<AgentHistory>()> read = [folder = agent.folder,
                                                      kept = lives_kept(agent.spec.restart)] {
            prune_lives(folder, kept);
            return Result<AgentHistory>(read_history(folder));
        };
        Result<AgentHistory> history = co_await pool_.run(std::move(read));
        if (history) {
            agent.history = std::move(*history);
            co_return;
        }
        co_await io::sleep_for(kPoolBusy);
    }
}

Task<> Supervisor::follow_wishes(Agent& agent) {
    if (!agent.wanted && !agent.wants_fresh_count) co_return;
    AgentWish wish = agent.history.wish;
    if (agent.wanted) wish.is_wanted = *agent.wanted;
    if (agent.wants_fresh_count) {
        wish.count_from = agent.history.next_number;
        agent.history.lives.clear();
    }
    agent.wanted.reset();
    agent.wants_fresh_count = false;
    std::function<Result<bool>()> write = [folder = agent.folder, wish]() -> Result<bool> {
        if (auto written = write_wish(folder, wish); !written) return Failure(written.error());
        return true;
    };
    Result<bool> written = co_await pool_.run(std::move(write));
    if (!written) {
        log::error("jobs", "what was asked of agent {} holds only until the next restart: {}",
                   agent.spec.name, written.error().message);
    }
    agent.history.wish = wish;
}

std::string Supervisor::reason_to_end(const Agent& agent) const {
    if (agent.is_removed) return "removed from the configuration";
    if (!agent.history.wish.is_wanted) return "stopped by a person";
    if (!agent.restart_why.empty()) return agent.restart_why;
    return reason_to_restart(agent.spec.liveness, agent.liveness, agent.started, clock_.now());
}

// It does not run: decides when it does, and waits.
Task<> Supervisor::rest(Agent& agent) {
    using Action = RestartDecision::Action;
    agent.restart_why.clear();
    if (!agent.history.wish.is_wanted) {
        show(agent, AgentState::kStopped, "stopped by a person");
        co_await agent.wakeup.wait(std::nullopt);
        co_return;
    }
    double jitter = jitter_of(agent.spec.name, agent.history.next_number);
    RestartDecision decision = decide_restart(agent.spec.restart, agent.history.lives, clock_.now(), jitter);
    switch (decision.action) {
        case Action::kStart:
            co_await begin_life(agent);
            co_return;
        case Action::kWait:
            agent.status.next_start = decision.at;
            show(agent, AgentState::kBackingOff, decision.why);
            co_await agent.wakeup.wait(std::chrono::ceil<milliseconds>(decision.at - clock_.now()));
            co_return;
        case Action::kFinish:
            show(agent, AgentState::kStopped, decision.why);
            break;
        case Action::kGiveUp:
            show(agent, AgentState::kGivenUp, decision.why);
            break;
    }
    co_await agent.wakeup.wait(std::nullopt);
}

Task<> Supervisor::begin_life(Agent& agent) {
    uint64_t number = agent.history.next_number;
    std::function<Result<bool>()> prepare =
        [folder = agent.folder, number, fingerprint = fingerprint_of(agent.spec.command),
         is_checked = agent.spec.liveness.is_checked()]() -> Result<bool> {
        if (auto made = prepare_life(folder, number, fingerprint); !made) return Failure(made.error());
        if (!is_checked) mark_ready(folder, number);
        return true;
    };
    Result<bool> prepared = co_await pool_.run(std::move(prepare));
    if (!prepared) {
        log::error("jobs", "agent {}: {}", agent.spec.name, prepared.error().message);
        co_await io::sleep_for(kPoolBusy);
        co_return;
    }
    auto process =
        Process::start(loop_, options_.program, life_folder(agent.folder, number), agent.spec.command);
    if (!process) {
        Error error = process.error();
        co_await note_failed_start(agent, std::move(error));
        co_return;
    }
    agent.process = std::move(*process);
    agent.number = number;
    agent.started = clock_.now();
    agent.liveness = {};
    agent.history.last_number = number;
    agent.history.next_number = number + 1;
}

// A start that failed is a life that was short, also for those who come after us.
Task<> Supervisor::note_failed_start(Agent& agent, Error error) {
    Execution execution;
    execution.started = execution.ended = clock_.now();
    execution.error = std::move(error.message);
    std::function<Result<bool>()> write = [folder = life_folder(agent.folder, agent.history.next_number),
                                           execution, code = error.code]() -> Result<bool> {
        // Taken by somebody else: its end is not ours to write.
        if (code == Code::kConflict) return false;
        if (auto written = write_end(folder, execution, 0); !written) return Failure(written.error());
        return true;
    };
    Result<bool> written = co_await pool_.run(std::move(write));
    if (!written) co_await io::sleep_for(kPoolBusy);
    co_await reload(agent);
}

// From its start, or from when we took it over, to its end.
Task<> Supervisor::attend(AgentPointer agent) {
    agent->ended.reset();
    uint64_t number = agent->number;
    group_.spawn([this, agent, number] { return wait_for_end(agent, number); });
    std::string reason;
    bool is_looked_at = false;
    while (!agent->ended) {
        if (agent->spec.liveness.is_checked() && !std::exchange(is_looked_at, true)) {
            group_.spawn([this, agent, number] { return look_for_life(agent, number); });
        }
        co_await follow_wishes(*agent);
        reason = reason_to_end(*agent);
        if (!reason.empty()) break;
        bool is_running = !agent->spec.liveness.is_checked() || agent->liveness.is_ready;
        show(*agent, is_running ? AgentState::kRunning : AgentState::kStarting, agent->liveness.why);
        co_await agent->wakeup.wait(std::nullopt);
    }
    if (!agent->ended) {
        show(*agent, AgentState::kStopping, reason);
        agent->ended = co_await agent->process->stop(false);
    }
    agent->process.reset();
    co_await reload(*agent);
    // Why we ended it says more than the signal we ended it with.
    auto& lives = agent->history.lives;
    if (!reason.empty() && !lives.empty()) {
        lives.front().how = reason;
        lives.front().succeeded = false;
    }
}

Task<> Supervisor::wait_for_end(AgentPointer agent, uint64_t number) {
    if (agent->number != number || !agent->process) co_return;
    Execution execution = co_await agent->process->wait();
    if (agent->number != number || !agent->process) co_return;
    agent->ended = std::move(execution);
    agent->wakeup.wake();
}

Task<> Supervisor::look_for_life(AgentPointer agent, uint64_t number) {
    while (agent->number == number && agent->process) {
        AgentSpec spec = agent->spec;
        Health health = co_await options_.check(spec, agent->started);
        if (agent->number != number || !agent->process) co_return;
        bool was = agent->liveness.is_ready;
        agent->liveness = after_look(std::move(agent->liveness), health);
        if (!was && agent->liveness.is_ready) {
            std::function<Result<bool>()> mark = [folder = agent->folder, number] {
                mark_ready(folder, number);
                return Result<bool>(true);
            };
            [[maybe_unused]] Result<bool> marked = co_await pool_.run(std::move(mark));
        }
        agent->wakeup.wake();
        milliseconds interval = spec.liveness.interval;
        co_await io::sleep_for(agent->liveness.is_ready ? interval : std::min(interval, kFirstLooks));
    }
}

}  // namespace nightshift::jobs
