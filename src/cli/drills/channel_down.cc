#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "cli/json.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr int64_t kToldWithinMs = 10'000;

// The notification of an incident over a channel; empty when there is none.
json::object notification_over(const json::object& incident, std::string_view channel) {
    for (const json::value& each : incident.at("notifications").as_array()) {
        if (text_at(each.as_object(), "channel") == channel) return each.as_object();
    }
    return {};
}

}  // namespace

Result<void> run_channel_down(Sandbox& sandbox, Report& report) {
    NS_TRY(auto first, Imposter::start(answers(400, R"({"error":"chat not found"})")));
    NS_TRY(auto second, Imposter::start(accepts()));
    std::string config = watch_config(
        {.channels = {{"first", first.get()}, {"second", second.get()}}, .notify = {"first", "second"}});
    if (auto started = sandbox.start(config); !started) return started;
    int64_t began = now_ms();
    if (auto posted = post_alert(sandbox, "EverythingIsDown", "critical"); !posted) return posted;

    wait_until(seconds(30), [&] { return !posts_of(*second).empty(); });
    std::vector<Message> told = posts_of(*second);
    check_equal(report, "messages over the second channel", "1", std::to_string(told.size()));
    int64_t took = told.empty() ? -1 : told.front().at_ms - began;
    report.check(took >= 0 && took <= kToldWithinMs, "told over it", "within 10 s",
                 fmt::format("{} ms", took));
    // A refusal for good is not tried again.
    check_equal(report, "attempts over the first channel", "1", std::to_string(messages_of(*first).size()));
    json::object whole;
    Result<void> read;
    wait_until(seconds(5), [&] {
        auto incident = wait_for_incident(sandbox, "", [](const json::object&) { return true; }, seconds(1));
        auto all =
            incident ? whole_incident(sandbox, *incident) : Result<json::object>(Failure(incident.error()));
        if (!all) read = Failure(all.error());
        if (!all) return false;
        whole = std::move(*all);
        read = {};
        return text_at(notification_over(whole, "second"), "state") == "delivered";
    });
    if (!read) return read;
    json::object refused = notification_over(whole, "first");
    report.check(
        text_at(refused, "state") == "failed" && text_at(refused, "error").find("400") != std::string::npos,
        "the record of the first", "failed, with the provider's 400",
        fmt::format("{}: {}", text_at(refused, "state"), text_at(refused, "error")));
    json::object arrived = notification_over(whole, "second");
    report.check(text_at(arrived, "state") == "delivered" && !text_at(arrived, "provider_id").empty(),
                 "the record of the second", "delivered, with the receipt's name",
                 fmt::format("{}: {}", text_at(arrived, "state"), text_at(arrived, "provider_id")));
    take_times(report, whole, began, told);
    return {};
}

}  // namespace nightshift::cli::drills
