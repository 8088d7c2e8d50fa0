#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/task.h"
#include "io/task_group.h"
#include "jobs/supervisor/agent_spec.h"

namespace nightshift::jobs {

// Keeps agents running. Each is a process under its keeper (jobs/runner), so it lives on when we go and is
// taken over, never doubled, when we come back. Lives on one loop; files are read and written on the pool.
class Supervisor {
public:
    // Looks for a sign of life: an event since `started`, an answer of its URL. Must end within its own time
    // limit. Not called for agents whose policy asks for none.
    using Check = std::function<Task<Health>(const AgentSpec& spec, Time started)>;

    struct Options {
        std::filesystem::path program;  // Nightshift itself, which is also the keeper
        std::filesystem::path folder;   // has a folder for each agent
        Check check;
        std::function<void(const AgentStatus&)> on_change;  // on the loop; may be empty
    };

    Supervisor(io::Loop& loop, const Clock& clock, io::Pool& pool, Options options);
    // close() first. The agents go on.
    ~Supervisor();

    // Makes these the agents that are kept running: new ones are started or taken over, those that are gone
    // are stopped, and one whose command changed is restarted. Others do not notice. The first call also
    // stops what an earlier life of ours left running and nobody wants any more.
    void apply(std::vector<AgentSpec> specs);

    // What a person asks for; it holds over restarts. kNotFound. start() also gives one that was given up
    // another chance.
    Result<void> start(const std::string& name);
    Result<void> stop(const std::string& name);
    Result<void> restart(const std::string& name);

    // By name.
    std::vector<AgentStatus> snapshot() const;

    // Lets go of the agents without stopping them.
    Task<> close();

private:
    struct Agent;
    using AgentPointer = std::shared_ptr<Agent>;

    AgentPointer add(AgentSpec spec);
    void replace(Agent& agent, AgentSpec spec);
    Task<> find_abandoned();
    Result<Agent*> find(const std::string& name);

    // The whole life of one agent here: one coroutine each.
    Task<> tend(AgentPointer agent);
    Task<> recover(Agent& agent);
    Task<> rest(Agent& agent);
    Task<> begin_life(Agent& agent);
    Task<> attend(AgentPointer agent);
    Task<> note_failed_start(Agent& agent, Error error);
    Task<> follow_wishes(Agent& agent);
    Task<> reload(Agent& agent);
    Task<> wait_for_end(AgentPointer agent, uint64_t number);
    Task<> look_for_life(AgentPointer agent, uint64_t number);

    std::string reason_to_end(const Agent& agent) const;
    void show(Agent& agent, AgentState state, std::string why);

    io::Loop& loop_;
    const Clock& clock_;
    io::Pool& pool_;
    Options options_;
    std::map<std::string, AgentPointer> agents_;
    bool has_looked_for_abandoned_ = false;
    io::TaskGroup group_;
};

}  // namespace nightshift::jobs
