#include "jobs/supervisor/lives.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>

#include "base/file.h"
#include "base/text.h"
#include "jobs/runner/command_wire.h"
#include "jobs/runner/run_folder.h"

namespace nightshift::jobs {
namespace {

namespace json = boost::json;
using std::filesystem::path;

constexpr size_t kOutputsKept = 3;
constexpr size_t kFileBytesMax = 4096;
constexpr size_t kLivesReadMax = 200;

path wish_path(const path& folder) {
    return folder / "agent.json";
}

AgentWish read_wish(const path& folder) {
    AgentWish wish;
    auto text = read_file(wish_path(folder), kFileBytesMax);
    if (!text) return wish;
    boost::system::error_code error;
    json::value value = json::parse(*text, error);
    if (error || !value.is_object()) return wish;
    const auto& object = value.as_object();
    if (const auto* wanted = object.if_contains("wanted"); wanted != nullptr && wanted->is_bool()) {
        wish.is_wanted = wanted->as_bool();
    }
    if (const auto* from = object.if_contains("count_from")) {
        wish.count_from = from->to_number<uint64_t>(error);
    }
    return wish;
}

// Newest first.
std::vector<uint64_t> list_numbers(const path& folder) {
    std::vector<uint64_t> numbers;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (auto number = parse_uint(entry.path().filename().native())) numbers.push_back(*number);
    }
    std::ranges::sort(numbers, std::greater());
    return numbers;
}

}  // namespace

path life_folder(const path& agent_folder, uint64_t number) {
    return agent_folder / fmt::format("{:08}", number);
}

AgentHistory read_history(const path& agent_folder) {
    AgentHistory history;
    history.wish = read_wish(agent_folder);
    auto numbers = list_numbers(agent_folder);
    if (numbers.size() > kLivesReadMax) numbers.resize(kLivesReadMax);
    for (uint64_t number : numbers) {
        path folder = life_folder(agent_folder, number);
        RunFound found = inspect_run(folder);
        if (history.last_number == 0) {
            history.fingerprint = read_file(folder / "fingerprint", kFileBytesMax).value_or("");
            history.is_running = found.state == RunState::kRunning;
            // One that was prepared and never started is used again.
            history.next_number = found.state == RunState::kNew ? number : number + 1;
            history.last_number = number;
        }
        if (found.state != RunState::kEnded && found.state != RunState::kLost) continue;
        if (!history.last_end) history.last_end = found.execution;
        if (number < history.wish.count_from) break;
        history.lives.push_back({.started = found.execution.started,
                                 .ended = found.execution.ended,
                                 .was_ready = was_ready(agent_folder, number),
                                 .succeeded = found.execution.succeeded(),
                                 .how = describe_end(found.execution)});
    }
    return history;
}

Result<void> write_wish(const path& agent_folder, const AgentWish& wish) {
    std::error_code error;
    std::filesystem::create_directories(agent_folder, error);
    return write_file_atomically(
        wish_path(agent_folder),
        fmt::format("{{\"wanted\":{},\"count_from\":{}}}\n", wish.is_wanted, wish.count_from), 0600);
}

Result<void> prepare_life(const path& agent_folder, uint64_t number, const std::string& fingerprint) {
    path folder = life_folder(agent_folder, number);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(Code::kIo, "make folder {}: {}", folder.native(), error.message());
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    std::ofstream(folder / "fingerprint") << fingerprint;
    return {};
}

void mark_ready(const path& agent_folder, uint64_t number) {
    std::ofstream(life_folder(agent_folder, number) / "ready") << "ready\n";
}

bool was_ready(const path& agent_folder, uint64_t number) {
    std::error_code error;
    return std::filesystem::exists(life_folder(agent_folder, number) / "ready", error);
}

void prune_lives(const path& agent_folder, size_t lives_max) {
    auto numbers = list_numbers(agent_folder);
    std::error_code ignored;
    for (size_t i = kOutputsKept; i < numbers.size(); ++i) {
        path folder = life_folder(agent_folder, numbers[i]);
        if (i >= lives_max) {
            std::filesystem::remove_all(folder, ignored);
        } else {
            for (const auto& part : output_parts(folder)) std::filesystem::remove(part, ignored);
        }
    }
}

std::vector<std::string> list_agents(const path& root) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
        if (auto name = percent_decode(entry.path().filename().native())) names.push_back(std::move(*name));
    }
    return names;
}

path agent_folder(const path& root, const std::string& name) {
    std::string encoded = percent_encode(name);
    // "." and ".." are folders of their own.
    if (encoded.starts_with('.')) encoded.replace(0, 1, "%2E");
    return root / encoded;
}

std::string fingerprint_of(const Command& command) {
    std::string bytes = encode_command(command);
    XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace nightshift::jobs
