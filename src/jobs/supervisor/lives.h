#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/runner/process.h"
#include "jobs/supervisor/restart.h"

// The folder of a supervised agent: one run folder for each start, named by its number, and agent.json. Only
// the highest number can be running: the next is begun when the last has ended. So the folders are the
// history, and a crash loop is remembered over restarts of Nightshift without further bookkeeping.
namespace nightshift::jobs {

// What a person or a configuration decided, in agent.json.
struct AgentWish {
    bool is_wanted = true;
    uint64_t count_from = 0;  // lives of lower numbers do not count towards a crash loop
};

struct AgentHistory {
    AgentWish wish;
    uint64_t last_number = 0;  // of the newest life; 0: there was none
    bool is_running = false;   // the newest life
    uint64_t next_number = 1;
    std::string fingerprint;  // of the command of the newest life
    std::vector<Life> lives;  // ended ones that count, newest first
    std::optional<Execution> last_end;
};

std::filesystem::path life_folder(const std::filesystem::path& agent_folder, uint64_t number);

// All of it from disk; blocks.
AgentHistory read_history(const std::filesystem::path& agent_folder);
Result<void> write_wish(const std::filesystem::path& agent_folder, const AgentWish& wish);
// Makes the folder of the next life and notes what runs there. Not yet started.
Result<void> prepare_life(const std::filesystem::path& agent_folder, uint64_t number,
                          const std::string& fingerprint);
// Notes that the life showed what its liveness asks for.
void mark_ready(const std::filesystem::path& agent_folder, uint64_t number);
bool was_ready(const std::filesystem::path& agent_folder, uint64_t number);
// Removes what is too old: folders beyond `lives_max`, output of all but the newest few.
void prune_lives(const std::filesystem::path& agent_folder, size_t lives_max);

// Agents that have a folder, by name.
std::vector<std::string> list_agents(const std::filesystem::path& root);
std::filesystem::path agent_folder(const std::filesystem::path& root, const std::string& name);

// Equal for equal commands; says nothing about their secrets.
std::string fingerprint_of(const Command& command);

}  // namespace nightshift::jobs
