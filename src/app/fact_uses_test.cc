#include "app/fact_uses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nightshift::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Uses kMain{"source openclaw/main"};
const Uses kOther{"source openclaw/other"};

TEST(FactUses, KnowsWhatAJobNeeds) {
    jobs::Job job;
    job.action = jobs::AgentAction{.source = "main"};
    job.deliveries = {{.channel = "telegram"}};
    EXPECT_THAT(uses_of(job), ElementsAre("channel telegram", "source openclaw/main"));
    job.action = jobs::PromptAction{.model = "fast"};
    job.deliveries.clear();
    EXPECT_THAT(uses_of(job), ElementsAre("route fast"));
}

TEST(FactUses, KnowsWhereASessionRuns) {
    EXPECT_THAT(uses_of_fleet(R"({"id":"s1","source":"openclaw/main","model":"fast"})"),
                ElementsAre("route fast", "source openclaw/main"));
    EXPECT_THAT(uses_of_fleet("no JSON"), IsEmpty());
}

TEST(FactUses, MarksOnlyWhatIsUsed) {
    std::vector<incidents::DependencyFact> facts{{.kind = "source", .name = "openclaw/main"},
                                                 {.kind = "source", .name = "openclaw/other"}};
    mark_own(facts, kMain);
    EXPECT_TRUE(facts[0].is_its_own);
    EXPECT_FALSE(facts[1].is_its_own);
    mark_own(facts, {"source openclaw/"});
    EXPECT_TRUE(facts[1].is_its_own) << "a job that names none uses any";
}

TEST(FactUses, TellsACommonCauseFromBadLuck) {
    std::vector<Peer> peers{{kMain, true}, {kMain, true}, {kMain, false}, {kOther, false}, {kOther, false}};
    EXPECT_THAT(shared_by_the_bad(kMain, peers), ElementsAre("source openclaw/main"));
    EXPECT_THAT(shared_by_the_bad(kOther, peers), IsEmpty());
    std::vector<Peer> unlike = peers;
    unlike.back().is_bad = true;
    EXPECT_THAT(shared_by_the_bad(kMain, unlike), IsEmpty()) << "one that is bad does not share it";
    for (Peer& each : peers) each.is_bad = true;
    EXPECT_THAT(shared_by_the_bad(kMain, peers), IsEmpty()) << "all are bad, whatever they use";
    std::vector<Peer> alike{{kMain, true}, {kMain, true}};
    EXPECT_THAT(shared_by_the_bad(kMain, alike), IsEmpty()) << "nobody to compare with";
}

}  // namespace
}  // namespace nightshift::app
