#include "jobs/show.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace nightshift::jobs {
namespace {

namespace json = boost::json;

JobView view_of(const std::shared_ptr<Job>& job) {
    job->tenant = "default";
    job->name = "molt";
    JobView view;
    view.job = job;
    return view;
}

Occurrence decided(Verdict verdict) {
    Occurrence occurrence;
    occurrence.key = {"default", "molt", from_unix_ms(1'000)};
    occurrence.phase = Phase::kDone;
    occurrence.verdict = verdict;
    occurrence.decided = from_unix_ms(2'000);
    occurrence.cost_nano_usd = 250'000'000;
    return occurrence;
}

json::object mark_of(const Occurrence& occurrence, Time now) {
    json::object shown = show(view_of(std::make_shared<Job>()), {occurrence}, now);
    return shown.at("strip").as_array().at(0).as_object();
}

TEST(Show, MarksSayWhenTheyWereDecidedAndWhatTheyCost) {
    json::object mark = mark_of(decided(Verdict::kVerified), from_unix_ms(3'000));
    EXPECT_EQ(mark.at("verdict").as_string(), "verified");
    EXPECT_EQ(mark.at("decided_ms").as_int64(), 2'000);
    EXPECT_DOUBLE_EQ(mark.at("cost_usd").as_double(), 0.25);
    EXPECT_FALSE(mark.contains("override"));
}

TEST(Show, MarksSayWhoseWordStandsOverTheVerdictWhileItDoes) {
    Occurrence occurrence = decided(Verdict::kFailed);
    occurrence.override =
        Occurrence::Override{Verdict::kVerified, "ada", "seen with my own eyes", from_unix_ms(5'000)};
    json::object mark = mark_of(occurrence, from_unix_ms(3'000));
    EXPECT_EQ(mark.at("verdict").as_string(), "verified");
    EXPECT_EQ(mark.at("override").at("by").as_string(), "ada");
    EXPECT_EQ(mark.at("override").at("of").as_string(), "failed");
    EXPECT_EQ(mark_of(occurrence, from_unix_ms(5'000)).at("verdict").as_string(), "failed");
}

}  // namespace
}  // namespace nightshift::jobs
