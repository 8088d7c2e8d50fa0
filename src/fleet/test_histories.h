#pragma once

// Generated days of agents: some in order, some in trouble. Used by simulation_test.cc and by tests/sim.

#include <fmt/core.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "fleet/test_events.h"

namespace nightshift::fleet {

// One kind of history. `write` appends a whole session; for a loop it returns when the first repetition
// started, and each repetition is marked by an event whose turn is "rep".
struct History {
    std::string_view name;
    bool is_loop;
    std::function<void(EventWriter&, Random&)> write;
};

namespace histories {

using recorder::Event;
using recorder::Kind;
using recorder::Status;

inline int64_t between(Random& random, int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1)));
}
inline int64_t seconds_between(Random& random, double low, double high) {
    return static_cast<int64_t>((low + random.uniform() * (high - low)) * 1e6);
}
inline bool chance(Random& random, double p) {
    return random.uniform() < p;
}
inline std::string pick(Random& random, const std::vector<std::string>& from) {
    return from[random.below(from.size())];
}
inline void think(EventWriter& out, Random& random) {
    out.model(seconds_between(random, 1, 8), static_cast<uint64_t>(between(random, 2'000, 60'000)),
              static_cast<uint64_t>(between(random, 50, 900)));
    out.wait(seconds_between(random, 0.005, 0.2));
}
inline void mark_repetition(Event& event) {
    event.turn = "rep";
}

// Coding: reads, searches, edits and test runs; files are read again, tests fail again, but edits are new.
inline void coding(EventWriter& out, Random& random) {
    const int64_t steps = between(random, 20, 120);
    for (int64_t i = 0; i < steps; ++i) {
        think(out, random);
        const double choice = random.uniform();
        const std::string file = fmt::format("file{}", random.below(12));
        if (choice < 0.35) {
            out.tool("Read", file, "text", seconds_between(random, 0.01, 0.1));
        } else if (choice < 0.5) {
            out.tool("Grep", fmt::format("word{}", random.below(30)), chance(random, 0.3) ? "none" : "some",
                     seconds_between(random, 0.02, 0.5));
        } else if (choice < 0.8) {
            out.tool("Edit", fmt::format("{}-{}", file, i), "ok", seconds_between(random, 0.01, 0.1));
        } else if (choice < 0.95) {
            const bool fails = chance(random, 0.6);
            out.tool("Bash", "npm test", fails ? "fail" : "pass", seconds_between(random, 2, 60),
                     fails ? Status::kError : Status::kOk);
        } else {
            out.tool("Bash", "git status", "dirty", seconds_between(random, 0.05, 0.2));
        }
    }
}

// Red, edit, red, edit: the same test with the same failure, and a new edit each time.
inline void test_driven(EventWriter& out, Random& random) {
    const int64_t rounds = between(random, 5, 25);
    for (int64_t i = 0; i < rounds; ++i) {
        think(out, random);
        out.tool("Edit", fmt::format("main.cc-{}", i), "ok", seconds_between(random, 0.01, 0.1));
        think(out, random);
        out.tool("Bash", "make test", i + 1 < rounds ? "fail" : "pass", seconds_between(random, 1, 90),
                 i + 1 < rounds ? Status::kError : Status::kOk);
    }
}

// A program that asks for a status until it changes; no model in between, or one that is woken each time.
inline void polling(EventWriter& out, Random& random) {
    const std::string tool =
        pick(random, {"check_status", "get_job_status", "poll", "wait_for_deploy", "ci_progress"});
    const bool with_model = chance(random, 0.5);
    const bool changes = chance(random, 0.5);
    const int64_t pause = seconds_between(random, 3, 60);
    const int64_t polls = between(random, 5, 80);
    for (int64_t i = 0; i < polls; ++i) {
        if (with_model) think(out, random);
        out.tool(tool, "job-7", changes ? fmt::format("{}0 percent", i / 3) : "pending",
                 seconds_between(random, 0.05, 0.5));
        out.wait(pause + seconds_between(random, 0, 0.3));
    }
    out.tool(tool, "job-7", "done", seconds_between(random, 0.05, 0.5));
}

// The model sleeps in a shell, then looks with an ordinary command.
inline void sleeping_poll(EventWriter& out, Random& random) {
    const int64_t rounds = between(random, 5, 40);
    const int64_t nap = between(random, 20, 120) * kTestSecond;
    for (int64_t i = 0; i < rounds; ++i) {
        think(out, random);
        out.tool("Bash", fmt::format("sleep {}", nap / kTestSecond), "ok", nap);
        think(out, random);
        out.tool("Bash", "kubectl get pods", "starting", seconds_between(random, 0.2, 1));
    }
}

// The wait is inside the call itself.
inline void waiting_call(EventWriter& out, Random& random) {
    const int64_t rounds = between(random, 5, 30);
    for (int64_t i = 0; i < rounds; ++i) {
        think(out, random);
        out.tool("TaskOutput", "task-3", "still running", seconds_between(random, 20, 60));
    }
}

inline void growing_poll(EventWriter& out, Random& random) {
    double pause = 1 + random.uniform() * 2;
    const int64_t polls = between(random, 5, 12);
    for (int64_t i = 0; i < polls; ++i) {
        if (chance(random, 0.5)) out.model(seconds_between(random, 0.5, 1.5));
        out.tool("fetch", "https://example.test/build", "not yet", seconds_between(random, 0.05, 0.3));
        out.wait(static_cast<int64_t>(pause * 1e6));
        pause *= 1.5 + random.uniform() * 0.5;
    }
}

inline void batch_worker(EventWriter& out, Random& random) {
    const int64_t items = between(random, 30, 400);
    const bool with_model = chance(random, 0.5);
    for (int64_t i = 0; i < items; ++i) {
        if (with_model && chance(random, 0.3)) think(out, random);
        out.tool("resize_image", fmt::format("image-{}", i), "ok", seconds_between(random, 0.05, 2));
    }
}

inline void pagination(EventWriter& out, Random& random) {
    const int64_t pages = between(random, 5, 100);
    for (int64_t i = 0; i < pages; ++i) {
        if (chance(random, 0.5)) think(out, random);
        out.tool("list_issues", fmt::format("cursor-{}", random.next()), "page",
                 seconds_between(random, 0.2, 1));
    }
}

// A tool or a model refuses, the tries come at growing pauses, and then it works.
inline void backoff(EventWriter& out, Random& random) {
    for (int64_t episode = between(random, 1, 6); episode > 0; --episode) {
        const bool is_model = chance(random, 0.5);
        double pause = 0.5 + random.uniform() * 1.5;
        const int64_t tries = between(random, 2, 8);
        for (int64_t i = 0; i < tries; ++i) {
            if (is_model) {
                Event& event =
                    out.add(Kind::kModelCall, "chat", Status::kError, seconds_between(random, 0.2, 1));
                event.error_type = chance(random, 0.5) ? "rate_limit" : "server_error";
            } else {
                out.tool("fetch", "https://example.test/data", "503", seconds_between(random, 0.1, 0.4),
                         Status::kError);
            }
            out.wait(static_cast<int64_t>(pause * 1e6 * (0.9 + 0.2 * random.uniform())));
            pause *= 2;
        }
        if (!is_model)
            out.tool("fetch", "https://example.test/data", "data", seconds_between(random, 0.1, 0.4));
        think(out, random);
        out.tool("Write", fmt::format("out-{}", random.next()), "ok", seconds_between(random, 0.01, 0.1));
    }
}

// Compiles that take minutes, said to have begun; the same command again and again, edits in between.
inline void long_compile(EventWriter& out, Random& random) {
    const int64_t builds = between(random, 2, 8);
    for (int64_t i = 0; i < builds; ++i) {
        think(out, random);
        out.tool("Edit", fmt::format("CMakeLists-{}", i), "ok", seconds_between(random, 0.01, 0.1));
        think(out, random);
        const int64_t start_us = out.now_us();
        out.add(Kind::kToolCall, "Bash", Status::kRunning).span = out.keep(fmt::format("build-{}", i));
        const int64_t duration = seconds_between(random, 60, 14 * 60);
        Event& end = out.tool("Bash", "cmake --build build", "error", duration, Status::kError);
        end.time_us = start_us;
        end.span = out.keep(fmt::format("build-{}", i));
    }
}

// Wakes by a schedule, looks at its list, finds nothing, sleeps.
inline void heartbeat(EventWriter& out, Random& random) {
    const int64_t every = seconds_between(random, 60, 3600);
    const int64_t beats = between(random, 10, 60);
    for (int64_t i = 0; i < beats; ++i) {
        const int64_t start_us = out.now_us();
        think(out, random);
        out.tool("Read", "HEARTBEAT.md", "text", seconds_between(random, 0.01, 0.1));
        think(out, random);
        Event& turn = out.add(Kind::kTurn, "run", Status::kOk, 0);
        turn.time_us = start_us;
        turn.duration_us = out.now_us() - start_us;
        out.wait(every);
    }
}

// Timestamps in the arguments were normalised away, so the signature is one; the results say something new.
inline void volatile_arguments(EventWriter& out, Random& random) {
    const int64_t calls = between(random, 5, 60);
    for (int64_t i = 0; i < calls; ++i) {
        think(out, random);
        out.tool("query_metrics", "cpu since <time>", fmt::format("series-{}", random.next()),
                 seconds_between(random, 0.1, 1));
    }
}

// A person asks the same kind of thing often; each question looks up the same memory first.
inline void conversation(EventWriter& out, Random& random) {
    const int64_t questions = between(random, 5, 30);
    for (int64_t i = 0; i < questions; ++i) {
        out.add(Kind::kMessage, "user_prompt", Status::kUnset);
        think(out, random);
        out.tool("memory_search", "preferences", "found", seconds_between(random, 0.05, 0.3));
        think(out, random);
        out.wait(seconds_between(random, 2, 200));
    }
}

// Every call is told twice, by a span and by a log line a few milliseconds later.
inline void told_twice(EventWriter& out, Random& random) {
    const int64_t steps = between(random, 10, 60);
    for (int64_t i = 0; i < steps; ++i) {
        think(out, random);
        const std::string arguments = fmt::format("file{}", random.below(20));
        out.tool("Read", arguments, "text", seconds_between(random, 0.05, 0.5));
        Event& echo = out.tool("Read", arguments, "text", -1);
        echo.time_us += static_cast<int64_t>(random.below(5000));
        if (chance(random, 0.4))
            out.tool("Edit", fmt::format("edit-{}", i), "ok", seconds_between(random, 0.01, 0.1));
    }
}

inline void warm_up(EventWriter& out, Random& random) {
    for (int64_t i = between(random, 0, 20); i > 0; --i) {
        think(out, random);
        out.tool("Read", fmt::format("start-{}", i), "text", seconds_between(random, 0.01, 0.1));
    }
}

inline void same_call_loop(EventWriter& out, Random& random) {
    warm_up(out, random);
    const std::string tool = pick(random, {"Bash", "Read", "search", "browser_click", "get_weather"});
    const double slow = chance(random, 0.2) ? 40 : 6;
    for (int i = 0; i < 20; ++i) {
        out.model(seconds_between(random, 0.5, slow), 20'000, 100);
        mark_repetition(out.tool(tool, "ls -la", "same text", seconds_between(random, 0.01, 2)));
    }
}

// A step in the loop varies now and then, as models do.
inline void noisy_loop(EventWriter& out, Random& random) {
    warm_up(out, random);
    for (int i = 0; i < 30; ++i) {
        out.model(seconds_between(random, 0.5, 6), 20'000, 100);
        if (i > 0 && i % 7 == 0)
            out.tool("Read", fmt::format("other-{}", i), "text", seconds_between(random, 0.01, 0.1));
        mark_repetition(out.tool("Bash", "cat notes.txt", "same text", seconds_between(random, 0.01, 1)));
    }
}

inline void ping_pong_loop(EventWriter& out, Random& random) {
    warm_up(out, random);
    const int64_t period = between(random, 2, 4);
    for (int i = 0; i < 15; ++i) {
        for (int64_t step = 0; step < period; ++step) {
            out.model(seconds_between(random, 0.5, 6), 20'000, 100);
            Event& call =
                out.tool(fmt::format("tool{}", step), "x", "same", seconds_between(random, 0.01, 1));
            if (step + 1 == period) mark_repetition(call);
        }
    }
}

inline void failing_tool_loop(EventWriter& out, Random& random) {
    warm_up(out, random);
    for (int i = 0; i < 20; ++i) {
        out.model(seconds_between(random, 0.5, 6), 20'000, 100);
        mark_repetition(
            out.tool("Write", "/etc/hosts", "denied", seconds_between(random, 0.01, 0.5), Status::kError));
    }
}

inline void failing_model_loop(EventWriter& out, Random& random) {
    warm_up(out, random);
    for (int i = 0; i < 30; ++i) {
        Event& call = out.add(Kind::kModelCall, "chat", Status::kError, seconds_between(random, 0.1, 1));
        call.error_type = "authentication";
        mark_repetition(call);
        out.wait(seconds_between(random, 0.1, 2));
    }
}

// Wanders among a few calls it has made before, in no order.
inline void wandering_loop(EventWriter& out, Random& random) {
    warm_up(out, random);
    for (int i = 0; i < 80; ++i) {
        out.model(seconds_between(random, 0.5, 6), 30'000, 100);
        mark_repetition(out.tool("Read", fmt::format("known-{}", random.below(5)), "text",
                                 seconds_between(random, 0.01, 0.5)));
    }
}

}  // namespace histories

inline std::vector<History> all_histories() {
    using namespace histories;
    return {
        {"coding", false, coding},
        {"test_driven", false, test_driven},
        {"polling", false, polling},
        {"sleeping_poll", false, sleeping_poll},
        {"waiting_call", false, waiting_call},
        {"growing_poll", false, growing_poll},
        {"batch_worker", false, batch_worker},
        {"pagination", false, pagination},
        {"backoff", false, backoff},
        {"long_compile", false, long_compile},
        {"heartbeat", false, heartbeat},
        {"volatile_arguments", false, volatile_arguments},
        {"conversation", false, conversation},
        {"told_twice", false, told_twice},
        {"same_call_loop", true, same_call_loop},
        {"noisy_loop", true, noisy_loop},
        {"ping_pong_loop", true, ping_pong_loop},
        {"failing_tool_loop", true, failing_tool_loop},
        {"failing_model_loop", true, failing_model_loop},
        {"wandering_loop", true, wandering_loop},
    };
}

}  // namespace nightshift::fleet
