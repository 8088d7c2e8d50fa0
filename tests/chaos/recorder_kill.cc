// Kills a program that records, again and again at random moments, and checks what is there afterwards:
// everything that was acknowledged, nothing twice. Run without arguments; `recorder_kill writer FOLDER SEED
// FIRST` is the program it kills.
#include <fmt/core.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "recorder/recorder.h"

extern char** environ;

namespace {

using namespace nightshift;
using namespace nightshift::recorder;

constexpr int kKills = 20;
constexpr uint64_t kBatchEvents = 20;
constexpr uint64_t kRetried = 10;  // batches sent again after each start

std::unique_ptr<Recorder> open_or_die(const std::string& folder, const Clock& clock) {
    Options options;
    options.directory = folder;
    options.log_bytes_max = 256u << 10;  // so that sealing happens all the time
    auto opened = Recorder::open(options, clock);
    if (opened) return std::move(*opened);
    fmt::print(stderr, "cannot open: {}\n", opened.error().message);
    std::exit(1);
}

// Batch `number` always holds the same events. Every second one leaves its ids to the recorder.
std::shared_ptr<EventBatch> make_batch(uint64_t number) {
    auto batch = std::make_shared<EventBatch>();
    for (uint64_t i = 0; i < kBatchEvents; ++i) {
        uint64_t event_number = number * kBatchEvents + i;
        Event event;
        event.time_us = 1'790'000'000'000'000 + static_cast<int64_t>(event_number) * 1000;
        event.duration_us = 5;
        event.kind = Kind::kToolCall;
        event.tenant = "default";
        event.source = "chaos";
        event.session = batch->keep(fmt::format("session-{}", event_number % 7));
        event.name = batch->keep(fmt::format("{}", event_number));
        event.trace = batch->keep(fmt::format("{:032x}", event_number + 1));
        event.span = batch->keep(fmt::format("{:016x}", event_number + 1));
        if (number % 2 == 0) event.id = batch->keep(fmt::format("event-{}", event_number));
        batch->events.push_back(event);
    }
    return batch;
}

// Prints the number of each batch once it is acknowledged. Never returns.
[[noreturn]] void write_for_ever(const std::string& folder, uint64_t seed, uint64_t first) {
    ManualClock clock(from_unix_us(1'790'000'100'000'000));
    auto recorder = open_or_die(folder, clock);
    Random random(seed);
    std::atomic<int> waiting = 0;
    for (uint64_t number = first > kRetried ? first - kRetried : 0;; ++number) {
        while (waiting > 8) std::this_thread::yield();
        ++waiting;
        recorder->append(make_batch(number), [number, &waiting](Result<Receipt> receipt) {
            if (!receipt) std::exit(1);
            std::string line = fmt::format("{}\n", number);
            if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::exit(1);
            --waiting;
        });
        if (random.below(80) == 0 && !recorder->seal_all()) std::exit(1);
    }
}

class Writer {
public:
    Writer(const char* program, const std::string& folder, uint64_t seed, uint64_t first) {
        int pipe_ends[2];
        if (::pipe(pipe_ends) != 0) std::exit(1);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
        std::vector<std::string> words = {program, "writer", folder, std::to_string(seed),
                                          std::to_string(first)};
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        if (::posix_spawn(&pid_, program, &actions, nullptr, arguments.data(), environ) != 0) std::exit(1);
        posix_spawn_file_actions_destroy(&actions);
        ::close(pipe_ends[1]);
        output_ = ::fdopen(pipe_ends[0], "r");
    }
    ~Writer() { ::fclose(output_); }

    // Lets it work for that many acknowledgements and a moment, kills it, and adds what it acknowledged.
    bool run_and_kill(uint64_t acknowledgements, std::chrono::microseconds moment,
                      std::set<uint64_t>& acknowledged) {
        char line[64];
        uint64_t seen = 0;
        while (seen < acknowledgements && std::fgets(line, sizeof line, output_) != nullptr) {
            if (auto number = parse_uint(trim(line))) acknowledged.insert(*number);
            ++seen;
        }
        std::this_thread::sleep_for(moment);
        ::kill(pid_, SIGKILL);
        while (std::fgets(line, sizeof line, output_) != nullptr) {
            std::string text = line;
            if (text.ends_with('\n')) acknowledged.insert(parse_uint(trim(text)).value_or(0));
        }
        int status = 0;
        ::waitpid(pid_, &status, 0);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && seen == acknowledgements;
    }

private:
    pid_t pid_ = 0;
    FILE* output_ = nullptr;
};

// How often each event number is there.
std::map<uint64_t, int> read_all(Recorder& recorder) {
    std::map<uint64_t, int> found;
    EventQuery query;
    query.limit = 20000;
    do {
        auto page = recorder.events(query);
        if (!page) std::exit(1);
        for (const Event& event : (*page).batch->events) ++found[parse_uint(event.name).value_or(UINT64_MAX)];
        query.cursor = page->next_cursor;
    } while (!query.cursor.empty());
    return found;
}

int check(const std::string& folder, const std::set<uint64_t>& acknowledged) {
    ManualClock clock(from_unix_us(1'790'000'200'000'000));
    auto recorder = open_or_die(folder, clock);
    int lost = 0;
    int doubled = 0;
    std::map<uint64_t, int> found = read_all(*recorder);
    for (uint64_t number : acknowledged) {
        for (uint64_t i = 0; i < kBatchEvents; ++i) lost += found.contains(number * kBatchEvents + i) ? 0 : 1;
    }
    for (const auto& [number, count] : found) doubled += count > 1 ? 1 : 0;
    size_t set_aside = recorder->stats().set_aside.size();
    fmt::print("{} batches acknowledged, {} events found: {} lost, {} doubled, {} segments damaged\n",
               acknowledged.size(), found.size(), lost, doubled, set_aside);
    return lost + doubled + static_cast<int>(set_aside) == 0 ? 0 : 1;
}

int run_test(const char* program) {
    std::string folder = (std::filesystem::temp_directory_path() / "recorder-kill-XXXXXX").native();
    if (::mkdtemp(folder.data()) == nullptr) return 1;
    const char* given = std::getenv("NS_SEED");
    uint64_t seed = given != nullptr ? parse_uint(given).value_or(1) : Random::seeded().next() % 1000000;
    fmt::print("NS_SEED={} repeats the choice of moments\n", seed);
    Random random(seed);
    std::set<uint64_t> acknowledged;
    for (int i = 0; i < kKills; ++i) {
        uint64_t first = acknowledged.empty() ? 0 : *acknowledged.rbegin() + 1;
        Writer writer(program, folder, random.next(), first);
        if (!writer.run_and_kill(1 + random.below(40), std::chrono::microseconds(random.below(20000)),
                                 acknowledged)) {
            fmt::print(stderr, "the writer ended by itself\n");
            return 1;
        }
    }
    int result = check(folder, acknowledged);
    if (result == 0) std::filesystem::remove_all(folder);
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::string_view(argv[1]) == "writer") {
        write_for_ever(argv[2], parse_uint(argv[3]).value_or(1), parse_uint(argv[4]).value_or(0));
    }
    return run_test(argv[0]);
}
