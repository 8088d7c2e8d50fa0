#include "jobs/command_json.h"

#include <boost/json.hpp>

namespace nightshift::jobs {

namespace json = boost::json;

namespace {

void read_limits(JsonReader& reader, ProcessLimits& limits) {
    reader.bytes("memory", limits.memory_bytes);
    reader.duration("cpu", limits.cpu);
    reader.integer("processes", limits.processes, 1, 100'000);
    reader.integer("open_files", limits.open_files, 8, 1'000'000);
    reader.bytes("output", limits.output_bytes);
}

}  // namespace

void read_command(JsonReader& reader, Command& command) {
    // A text is a shell line; a list is a program and its arguments.
    const json::value* line = reader.raw("command");
    if (line->is_string()) {
        command.argv = {"/bin/sh", "-c", std::string(line->get_string())};
    } else {
        reader.texts("command", command.argv);
    }
    if (command.argv.empty() || command.argv.front().empty()) reader.complain("command", "names no program");
    reader.text("folder", command.folder);
    reader.texts_by_name("environment", command.environment);
    reader.text("input", command.input);
    std::chrono::seconds grace = std::chrono::duration_cast<std::chrono::seconds>(command.grace);
    reader.duration("stop_grace", grace);
    command.grace = grace;
    reader.object("limits", [&](JsonReader& limits) { read_limits(limits, command.limits); });
}

}  // namespace nightshift::jobs
