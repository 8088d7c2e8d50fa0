#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "cli/demo_telemetry.h"
#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "cli/json.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kCalls = 8;
// It is always the middle of the night.
constexpr std::string_view kQuiet = "  quiet_hours: {from: \"00:00\", to: \"24:00\", zone: UTC}\n";

Result<void> loop(SimulatedTelemetry& telemetry) {
    if (auto begun = telemetry.event("session", "start", "running"); !begun) return begun;
    for (int i = 0; i < kCalls; ++i) {
        auto thought = telemetry.model_call({.input_tokens = 9'000, .output_tokens = 90, .duration_ms = 50});
        if (!thought) return thought;
        auto called = telemetry.tool_call({"Bash", R"({"command":"cat build/output.log"})",
                                           "cat: build/output.log: No such file or directory", 20, ""});
        if (!called) return called;
        std::this_thread::sleep_for(milliseconds(150));
    }
    return {};
}

}  // namespace

Result<void> run_looping_session(Sandbox& sandbox, Report& report) {
    NS_TRY(auto pager, Imposter::start(accepts()));
    std::string config = watch_config(
        {.channels = {{"pager", pager.get()}}, .notify = {"pager"}, .more = std::string(kQuiet)});
    if (auto started = sandbox.start(config); !started) return started;
    int64_t began = now_ms();
    SimulatedTelemetry telemetry(sandbox.connection(), "drill-looper");
    if (auto looped = loop(telemetry); !looped) return looped;

    NS_TRY(json::object incident, wait_for_incident(sandbox, "session_looping", is_diagnosed, seconds(20)));
    check_equal(report, "what is in trouble", telemetry.session(),
                text_at(incident.at("subject").as_object(), "name"));
    check_equal(report, "conclusion", "blocked", diagnosis_text(incident, "conclusion"));
    check_equal(report, "severity", "critical", text_at(incident, "severity"));
    std::string next = diagnosis_text(incident, "next_action");
    report.check(next.find(telemetry.session()) != std::string::npos &&
                     (next.starts_with("abort ") || next.starts_with("stop ")),
                 "what to do", "abort or stop that session", next);
    wait_until(seconds(10), [&] { return !messages_of(*pager).empty(); });
    // It goes on, and a lesser trouble comes: neither is a reason to wake anybody again.
    if (auto looped = loop(telemetry); !looped) return looped;
    if (auto posted = post_alert(sandbox, "LesserTrouble", "warning"); !posted) return posted;
    // What is not critical waits for a while after a start, and would be told from then on.
    auto is_lesser = [](const json::object& each) {
        return is_diagnosed(each) && text_at(each.at("labels").as_object(), "alertname") == "LesserTrouble";
    };
    NS_TRY(json::object lesser, wait_for_incident(sandbox, "", is_lesser, seconds(25)));
    check_equal(report, "severity of what comes beside it", "warning", text_at(lesser, "severity"));
    std::this_thread::sleep_for(seconds(3));
    std::vector<Message> told = messages_of(*pager);
    auto critical = std::count_if(told.begin(), told.end(), [](const Message& each) {
        return each.mode != "edit" && each.severity == "critical";
    });
    check_equal(report, "critical messages, in spite of quiet hours", "1", std::to_string(critical));
    auto others = std::count_if(told.begin(), told.end(),
                                [](const Message& each) { return each.severity != "critical"; });
    check_equal(report, "other messages in quiet hours", "0", std::to_string(others));
    take_times(report, incident, began, told);
    return {};
}

}  // namespace nightshift::cli::drills
