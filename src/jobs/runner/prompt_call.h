#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "io/task.h"
#include "jobs/job.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// Where an OpenAI-compatible API answers: "https://api.groq.com/openai/v1".
struct PromptTarget {
    std::string url;
    Secret key;  // may be empty
};

// Asks a model once, through POST <url>/chat/completions. The beginning of what it answers is the summary;
// tokens are those the API counted. An answer without content is an error: a model that said nothing did no
// work. `id` is the Idempotency-Key. Never repeated here. On the caller's loop.
Task<Execution> call_prompt(PromptAction action, PromptTarget target, std::string id,
                            std::chrono::milliseconds timeout, const Clock& clock);

}  // namespace nightshift::jobs
