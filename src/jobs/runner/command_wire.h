#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "jobs/runner/command.h"

namespace nightshift::jobs {

// A command as its starter hands it to its keeper: netstrings ("3:abc,"), so that every byte an argument or a
// variable may hold survives, and nothing of it stands in a file.
std::string encode_command(const Command& command);
// kCorrupt when it is not one.
Result<Command> decode_command(std::string_view bytes);

// For people: without input and the environment's values, which may be secrets.
std::string describe_command(const Command& command);

}  // namespace nightshift::jobs
