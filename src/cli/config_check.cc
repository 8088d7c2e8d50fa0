#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>

#include "app/config.h"
#include "base/file.h"
#include "cli/commands.h"

namespace nightshift::cli {

namespace json = boost::json;

namespace {

json::array show(const std::vector<app::ConfigProblem>& all) {
    json::array items;
    for (const app::ConfigProblem& each : all)
        items.push_back(
            json::object{{"line", each.line}, {"column", each.column}, {"message", each.message}});
    return items;
}

void print(const std::filesystem::path& path, const char* kind, const std::vector<app::ConfigProblem>& all) {
    for (const app::ConfigProblem& each : all)
        std::fprintf(stderr, "%s:%d:%d: %s%s\n", path.c_str(), each.line, each.column, kind,
                     each.message.c_str());
}

}  // namespace

int run_config_check(const std::filesystem::path& path, bool json) {
    auto yaml = read_file(path, 1u << 20);
    if (!yaml) return report(yaml.error());
    app::ConfigReading reading =
        app::read_config(*yaml, [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value ? std::optional<std::string>(value) : std::nullopt;
        });
    bool is_good = reading.problems.empty();
    if (json) {
        json::object said{
            {"ok", is_good}, {"problems", show(reading.problems)}, {"warnings", show(reading.warnings)}};
        std::puts(json::serialize(said).c_str());
    } else {
        print(path, "", reading.problems);
        print(path, "warning: ", reading.warnings);
        if (is_good) std::printf("%s is good\n", path.c_str());
    }
    return is_good ? kOk : kBad;
}

}  // namespace nightshift::cli
