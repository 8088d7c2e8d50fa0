#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>

#include "app/config.h"
#include "base/file.h"
#include "cli/commands.h"

namespace nightshift::cli {

namespace json = boost::json;

int run_config_check(const std::filesystem::path& path, bool json) {
    auto yaml = read_file(path, 1u << 20);
    if (!yaml) return report(yaml.error());
    app::ConfigReading reading =
        app::read_config(*yaml, [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value ? std::optional<std::string>(value) : std::nullopt;
        });
    json::array problems;
    for (const app::ConfigProblem& each : reading.problems) {
        problems.push_back(
            json::object{{"line", each.line}, {"column", each.column}, {"message", each.message}});
        if (!json)
            std::fprintf(stderr, "%s:%d:%d: %s\n", path.c_str(), each.line, each.column,
                         each.message.c_str());
    }
    if (json)
        std::puts(json::serialize(json::object{{"ok", problems.empty()}, {"problems", problems}}).c_str());
    if (!json && reading.problems.empty()) std::printf("%s is good\n", path.c_str());
    return reading.problems.empty() ? kOk : kBad;
}

}  // namespace nightshift::cli
