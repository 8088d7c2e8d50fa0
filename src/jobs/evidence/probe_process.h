#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/evidence/look.h"

namespace nightshift::jobs::evidence {

// A short-lived process that looks at something for us.
struct ProbeCommand {
    std::vector<std::string> argv;  // the program is searched in our PATH unless it has a slash
    std::string folder;             // working folder; empty: ours
    std::map<std::string, std::string> environment;  // all of it; PATH is added when it is not named
    size_t output_bytes_max = 64u << 10;             // the first bytes are kept, the rest is thrown away
};

struct ProbeEnd {
    std::optional<int> exit_code;  // none: killed by a signal
    int signal = 0;
    bool timed_out = false;
    bool was_stopped = false;
    std::string output;         // stdout and stderr, as they came
    uint64_t output_bytes = 0;  // with what was thrown away
};

// Runs it in a process group of its own, with /dev/null as stdin and none of our descriptors, and kills the
// group when `until` has come or `stop` was requested, and also when the process has ended. kInvalid when
// there is no such program or folder, kIo from the operating system. Blocking.
Result<ProbeEnd> run_probe(const ProbeCommand& command, Until until, const std::stop_token& stop = {});

}  // namespace nightshift::jobs::evidence
