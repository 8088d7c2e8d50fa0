#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "cli/json.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kRounds = 2;
constexpr size_t kPostsBeforeKill = 12;
// The channel takes its time, so that there is always a message on its way.
constexpr milliseconds kAnswerAfter{50};

// Posts alerts until it is refused or told to end, and keeps the names of those that were acknowledged.
class Poster {
public:
    Poster(const Sandbox& sandbox, int round) : thread_([this, &sandbox, round] { post(sandbox, round); }) {}
    ~Poster() {
        is_over_ = true;
        thread_.join();
    }
    Poster(const Poster&) = delete;
    Poster& operator=(const Poster&) = delete;

    std::set<std::string> acknowledged() const {
        std::lock_guard lock(mutex_);
        return acknowledged_;
    }

private:
    void post(const Sandbox& sandbox, int round) {
        for (int i = 0; !is_over_; ++i) {
            std::string name = fmt::format("Trouble{}x{}", round, i);
            if (!post_alert(sandbox, name, "critical")) return;
            std::lock_guard lock(mutex_);
            acknowledged_.insert(std::move(name));
        }
    }

    mutable std::mutex mutex_;
    std::set<std::string> acknowledged_;
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

// Of these names, how many have an incident; many more than a page may be there.
size_t incidents_of(const Sandbox& sandbox, const std::set<std::string>& names) {
    std::set<std::string> found;
    std::string cursor;
    do {
        auto answer =
            sandbox.get("/api/v1/incidents?limit=500" + (cursor.empty() ? "" : "&cursor=" + cursor));
        if (!answer) return 0;
        for (const json::value& each : answer->at("items").as_array()) {
            std::string name = text_at(each.at("labels").as_object(), "alertname");
            if (names.contains(name)) found.insert(name);
        }
        cursor = text_at(answer->as_object(), "next_cursor");
    } while (!cursor.empty());
    return found.size();
}

size_t alerts_of(const Sandbox& sandbox, const std::set<std::string>& names) {
    auto answer = sandbox.get("/api/v1/alerts");
    if (!answer) return 0;
    std::set<std::string> found;
    for (const json::value& each : answer->at("items").as_array()) {
        std::string name = text_at(each.at("labels").as_object(), "alertname");
        if (names.contains(name)) found.insert(name);
    }
    return found.size();
}

// Posts by thread, each webhook-id once: what came again under its id is the same message.
std::map<std::string, size_t> posts_by_thread(const Imposter& pager) {
    std::map<std::string, size_t> counts;
    std::set<std::string> known;
    for (const Message& each : posts_of(pager)) {
        if (known.insert(each.id).second) ++counts[each.thread];
    }
    return counts;
}

}  // namespace

Result<void> run_kill_9(Sandbox& sandbox, Report& report) {
    NS_TRY(auto pager, Imposter::start([](const Imposter::Seen& seen) {
               std::this_thread::sleep_for(kAnswerAfter);
               return accepts()(seen);
           }));
    std::string config = watch_config({.channels = {{"pager", pager.get()}}, .notify = {"pager"}});
    if (auto started = sandbox.start(config); !started) return started;
    int64_t began = now_ms();
    std::set<std::string> acknowledged;
    for (int round = 0; round < kRounds; ++round) {
        size_t told_before = messages_of(*pager).size();
        {
            Poster poster(sandbox, round);
            wait_until(seconds(10), [&] {
                return poster.acknowledged().size() >= kPostsBeforeKill &&
                       messages_of(*pager).size() > told_before;
            });
            sandbox.kill();
            std::set<std::string> taken = poster.acknowledged();
            size_t told = messages_of(*pager).size() - told_before;
            report.check(told > 0 && told < taken.size(),
                         fmt::format("kill {}: in the middle of alerts and messages", round + 1),
                         "some are told, not all",
                         fmt::format("{} acknowledged, {} told", taken.size(), told));
            acknowledged.merge(taken);
        }
        if (auto started = sandbox.start_again(); !started) return started;
    }
    std::string all = fmt::format("{} of {}", acknowledged.size(), acknowledged.size());
    check_equal(report, "acknowledged alerts that are there", all,
                fmt::format("{} of {}", alerts_of(sandbox, acknowledged), acknowledged.size()));
    wait_until(seconds(15), [&] {
        return incidents_of(sandbox, acknowledged) == acknowledged.size() &&
               posts_by_thread(*pager).size() >= acknowledged.size();
    });
    check_equal(report, "incidents of them", all,
                fmt::format("{} of {}", incidents_of(sandbox, acknowledged), acknowledged.size()));
    // What is still to come, comes now.
    std::this_thread::sleep_for(seconds(3));
    std::map<std::string, size_t> posts = posts_by_thread(*pager);
    auto twice = std::count_if(posts.begin(), posts.end(), [](const auto& each) { return each.second > 1; });
    report.check(posts.size() >= acknowledged.size(), "incidents that were told",
                 "all " + std::to_string(acknowledged.size()), std::to_string(posts.size()));
    check_equal(report, "incidents that were told twice", "0", std::to_string(twice));
    std::vector<Message> told = messages_of(*pager);
    if (!told.empty()) report.told = milliseconds(told.front().at_ms - began);
    return {};
}

}  // namespace nightshift::cli::drills
