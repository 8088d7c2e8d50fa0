#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>

#include "jobs/evidence/keys.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"

namespace nightshift::jobs::evidence {
namespace {

Finding judge(const std::vector<int>& allowed, const Execution& run) {
    if (run.lost) return unknown("how the run ended is lost");
    if (!run.error.empty()) return fails(fmt::format("it could not run: {}", run.error));
    if (run.timed_out) return fails("it was stopped at its timeout");
    if (run.signal != 0) return fails(fmt::format("killed by signal {}", run.signal));
    if (!run.exit_code) return unknown("this run has no exit code");
    int code = *run.exit_code;
    bool is_allowed = std::find(allowed.begin(), allowed.end(), code) != allowed.end();
    std::string text = fmt::format("exit code {}", code);
    if (is_allowed) return holds(text, code);
    return fails(fmt::format("{}, not {}", text, fmt::join(allowed, " or ")), code);
}

// The code with which the run's process ended: its own word.
class ExitCode final : public Source {
public:
    explicit ExitCode(std::vector<int> allowed) : allowed_(std::move(allowed)) {}

    std::string_view kind() const override { return "exit_code"; }
    std::string describe() const override {
        return fmt::format("exits with {}", fmt::join(allowed_, " or "));
    }

protected:
    Task<Observation> look(const Work& work, const Instruments&) const override {
        co_return observation(judge(allowed_, work.execution), observer(), true);
    }
    std::string observer() const override { return "exit status"; }

private:
    std::vector<int> allowed_;
};

}  // namespace

Parsed parse_exit_code(const boost::json::value& value) {
    // The value is no object; one is made around it, so that errors read alike.
    boost::json::value entry = boost::json::object{{"exit_code", value}};
    Keys keys("expect", entry, {"exit_code"});
    std::vector<int> allowed = keys.integers("exit_code", 0, 255);
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<ExitCode>(std::move(allowed));
}

}  // namespace nightshift::jobs::evidence
