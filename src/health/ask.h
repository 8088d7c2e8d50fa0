#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "health/judge.h"
#include "health/types.h"
#include "io/task.h"

namespace nightshift::health {

// How a command ended.
struct CommandEnd {
    std::optional<int> exit_code;  // none: a signal killed it
    int signal = 0;
    bool timed_out = false;
    std::string output;  // its beginning
};
// Runs a program and kills it after the timeout, or when a stop is requested. kInvalid: there is none;
// kLimit: too many run already.
using RunCommand = std::function<Task<Result<CommandEnd>>(
    CommandQuestion question, std::chrono::milliseconds timeout, std::stop_token stop)>;

// Asks once, on the caller's loop, and takes at most the timeout; a command ends with `stop`, and its answer
// then says nothing. Its answer holds nothing that may not be shown.
Task<Answer> ask(ProbePtr probe, RunCommand run_command, std::stop_token stop);

// What an end of a command means. Pure.
Answer answer_of(const Result<CommandEnd>& end);
// A wait for `timeout` that took so long was not the other side's: we were too busy to see an answer. Pure.
bool is_our_delay(std::chrono::milliseconds took, std::chrono::milliseconds timeout);
// `text` without the words of the question's secrets, and without its URL's query. Pure.
std::string without_secrets(const Question& question, std::string text);

}  // namespace nightshift::health
