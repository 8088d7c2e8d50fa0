#pragma once

#include <chrono>

#include "base/clock.h"
#include "io/task.h"
#include "jobs/job.h"
#include "jobs/types.h"
#include "net/http.h"

namespace nightshift::jobs {

// Nothing for a name that is none; without case.
std::optional<net::Method> parse_http_method(std::string_view name);

// Does a job's work by one request, whose body is already filled in. 2xx is success; another status, no
// answer or `timeout` says so in the execution. The beginning of the answer is its summary, as valid UTF-8.
// Never repeated here: whether a request may be sent again is the caller's to know. On the caller's loop.
Task<Execution> call_http(HttpAction action, std::chrono::milliseconds timeout, const Clock& clock);

}  // namespace nightshift::jobs
