#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "cli/json.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kTries = 5;

constexpr std::string_view kRule = R"(    - name: nightshift_failing
      on: part
      for: 1s
      severity: critical
      summary: "Nightshift itself: {{part}}: {{says}}"
)";

// From now on no file of that process may grow or be written beyond this size: all its writes fail, as they
// do on a full disk, with EFBIG for ENOSPC. A real full disk needs a file system of our own, and so root.
Result<void> limit_files(pid_t pid, rlim_t bytes) {
    rlimit limit{};
    if (prlimit(pid, RLIMIT_FSIZE, nullptr, &limit) != 0)
        return fail_errno("read the limits of", std::to_string(pid));
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    if (prlimit(pid, RLIMIT_FSIZE, &limit, nullptr) != 0)
        return fail_errno("set the limits of", std::to_string(pid));
    return {};
}

// Whether the event was acknowledged.
bool post_event(const Sandbox& sandbox, const std::string& id) {
    auto answer = sandbox.send(
        net::Method::kPost, "/api/v1/events",
        fmt::format(R"({{"id":"{0}","kind":"log","name":"{0}","agent":"drill","simulated":true}})", id));
    return answer && answer->status == 200 && answer->body.find("\"accepted\":1") != std::string::npos;
}

bool is_recorded(const Sandbox& sandbox, const std::string& name) {
    auto answer = sandbox.get("/api/v1/events?where=" + fmt::format("name%20%3D%20%22{}%22", name));
    return answer && !answer->at("items").as_array().empty();
}

int is_known_alert(const Sandbox& sandbox, std::string_view name) {
    auto answer = sandbox.get("/api/v1/alerts");
    if (!answer) return 0;
    for (const json::value& each : answer->at("items").as_array()) {
        if (text_at(each.at("labels").as_object(), "alertname") == name) return 1;
    }
    return 0;
}

// What fails by its own word; "" for nothing.
std::string failing(const Sandbox& sandbox) {
    auto answer = sandbox.get("/api/v1/system");
    if (!answer) return "";
    std::string all;
    for (const json::value& each : answer->at("failing").as_array()) {
        all += (all.empty() ? "" : "; ") + text_at(each.as_object(), "part") + ": " +
               text_at(each.as_object(), "message");
    }
    return all;
}

}  // namespace

Result<void> run_disk_full(Sandbox& sandbox, Report& report) {
    NS_TRY(auto pager, Imposter::start(accepts()));
    std::string config = watch_config(
        {.channels = {{"pager", pager.get()}}, .notify = {"pager"}, .rules = std::string(kRule)});
    if (auto started = sandbox.start(config); !started) return started;
    report.check(post_event(sandbox, "before") && post_alert(sandbox, "Before", "critical").has_value(),
                 "while there is room", "events and alerts are taken", "taken");
    int64_t full = now_ms();
    if (auto limited = limit_files(sandbox.pid(), 0); !limited) {
        report.not_possible = limited.error().message;
        return {};
    }
    std::set<std::string> acknowledged{"before"};
    int alerts_taken = 0;
    for (int i = 0; i < kTries; ++i) {
        std::string id = fmt::format("full-{}", i);
        if (post_event(sandbox, id)) acknowledged.insert(id);
        if (post_alert(sandbox, id, "critical")) ++alerts_taken;
    }
    check_equal(report, "events acknowledged without room", "0", std::to_string(acknowledged.size() - 1));
    check_equal(report, "alerts acknowledged without room", "0", std::to_string(alerts_taken));
    bool says_so = wait_until(seconds(15), [&] { return !failing(sandbox).empty(); });
    report.found = milliseconds(now_ms() - full);
    report.check(says_so, "it says so", "a part that fails", failing(sandbox));
    report.check(sandbox.is_alive() && is_recorded(sandbox, "before"), "it stays up",
                 "alive, and answers questions", sandbox.is_alive() ? "alive" : "dead");

    bool is_alert =
        wait_until(seconds(10), [&] { return is_known_alert(sandbox, "nightshift_failing") == 1; });
    report.check(is_alert, "its own alert", "nightshift_failing", is_alert ? "nightshift_failing" : "none");

    if (auto free = limit_files(sandbox.pid(), RLIM_INFINITY); !free) return free;
    bool recovers = wait_until(seconds(15), [&] { return post_event(sandbox, "after"); });
    recovers = recovers &&
               wait_until(seconds(5), [&] { return post_alert(sandbox, "After", "critical").has_value(); });
    if (recovers) acknowledged.insert("after");
    report.check(recovers, "when there is room again", "events and alerts are taken",
                 recovers ? "taken" : "refused");
    bool is_quiet = wait_until(seconds(15), [&] { return failing(sandbox).empty(); });
    report.check(is_quiet, "it takes its word back", "nothing fails",
                 is_quiet ? "nothing fails" : failing(sandbox));
    // A message is on disk before it leaves, so this one could not leave earlier.
    auto told_of_it = [&] {
        std::vector<Message> told = posts_of(*pager);
        return std::count_if(told.begin(), told.end(), [](const Message& each) {
            return each.text.find("Nightshift itself") != std::string::npos;
        });
    };
    wait_until(seconds(15), [&] { return told_of_it() > 0; });
    check_equal(report, "messages about itself, once there is room", "1", std::to_string(told_of_it()));
    sandbox.kill();
    if (auto started = sandbox.start_again(); !started) return started;
    size_t kept = 0;
    for (const std::string& each : acknowledged) kept += is_recorded(sandbox, each) ? 1 : 0;
    check_equal(report, "acknowledged events after a restart",
                fmt::format("{} of {}", acknowledged.size(), acknowledged.size()),
                fmt::format("{} of {}", kept, acknowledged.size()));
    check_equal(report, "acknowledged alerts after a restart", "2 of 2",
                fmt::format("{} of 2", is_known_alert(sandbox, "Before") + is_known_alert(sandbox, "After")));
    return {};
}

}  // namespace nightshift::cli::drills
