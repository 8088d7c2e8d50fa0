#include "jobs/runner/command_wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace nightshift::jobs {
namespace {

// What this form is, so that a keeper of another version says no instead of guessing.
constexpr std::string_view kForm = "nightshift command 2";

void put(std::string& out, std::string_view text) {
    fmt::format_to(std::back_inserter(out), "{}:", text.size());
    out.append(text).push_back(',');
}

void put(std::string& out, uint64_t number) {
    put(out, std::to_string(number));
}

// Takes one netstring after the other; after the first fault everything is empty.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::string text() {
        size_t colon = rest_.substr(0, 20).find(':');
        auto size = colon == std::string_view::npos ? std::nullopt : parse_uint(rest_.substr(0, colon));
        if (!size || *size >= rest_.size() - colon - 1 || rest_[colon + 1 + *size] != ',') {
            is_good_ = false;
            rest_ = {};
            return {};
        }
        std::string out(rest_.substr(colon + 1, *size));
        rest_.remove_prefix(colon + *size + 2);
        return out;
    }

    uint64_t number() {
        auto value = parse_uint(text());
        if (!value) is_good_ = false;
        return value.value_or(0);
    }

    // How many items follow; each takes three bytes at least.
    size_t count() { return std::min<size_t>(number(), rest_.size() / 3); }

    bool is_whole() const { return is_good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool is_good_ = true;
};

}  // namespace

std::string encode_command(const Command& command) {
    std::string out;
    put(out, kForm);
    put(out, command.argv.size());
    for (const auto& argument : command.argv) put(out, argument);
    put(out, command.folder);
    put(out, command.environment.size());
    for (const auto& [name, value] : command.environment) {
        put(out, name);
        put(out, value);
    }
    put(out, command.input);
    const auto& limits = command.limits;
    for (uint64_t number : std::array<uint64_t, 8>{
             limits.memory_bytes, static_cast<uint64_t>(limits.cpu.count()),
             static_cast<uint64_t>(limits.time.count()), limits.processes, limits.open_files,
             limits.output_bytes, limits.output_files, static_cast<uint64_t>(command.grace.count())}) {
        put(out, number);
    }
    return out;
}

Result<Command> decode_command(std::string_view bytes) {
    Reader reader(bytes);
    if (reader.text() != kForm) return fail(Code::kCorrupt, "this is not a command that this version knows");
    Command command;
    for (size_t left = reader.count(); left > 0; --left) command.argv.push_back(reader.text());
    command.folder = reader.text();
    for (size_t left = reader.count(); left > 0; --left) {
        std::string name = reader.text();
        command.environment.insert_or_assign(std::move(name), reader.text());
    }
    command.input = reader.text();
    auto& limits = command.limits;
    limits.memory_bytes = reader.number();
    limits.cpu = std::chrono::seconds(reader.number());
    limits.time = std::chrono::milliseconds(reader.number());
    limits.processes = reader.number();
    limits.open_files = reader.number();
    limits.output_bytes = reader.number();
    limits.output_files = static_cast<uint32_t>(reader.number());
    command.grace = std::chrono::milliseconds(reader.number());
    if (!reader.is_whole() || command.argv.empty()) {
        return fail(Code::kCorrupt, "the command of {} bytes is damaged", bytes.size());
    }
    return command;
}

std::string describe_command(const Command& command) {
    std::string out = R"({"argv":[)";
    for (size_t i = 0; i < command.argv.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, command.argv[i]);
    }
    out += R"(],"folder":)";
    append_json_string(out, command.folder);
    out += R"(,"environment":[)";
    bool is_first = true;
    for (const auto& [name, value] : command.environment) {
        if (!std::exchange(is_first, false)) out += ',';
        append_json_string(out, name);
    }
    const auto& limits = command.limits;
    fmt::format_to(
        std::back_inserter(out),
        R"(],"input_bytes":{},"memory_bytes":{},"cpu_s":{},"time_ms":{},"processes":{},"open_files":{},)"
        R"("output_bytes":{},"output_files":{},"grace_ms":{}}})"
        "\n",
        command.input.size(), limits.memory_bytes, limits.cpu.count(), limits.time.count(), limits.processes,
        limits.open_files, limits.output_bytes, limits.output_files, command.grace.count());
    return out;
}

}  // namespace nightshift::jobs
