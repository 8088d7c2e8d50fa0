#include "incidents/share_texts.h"

#include <gtest/gtest.h>

#include "incidents/incident_for_test.h"

namespace nightshift::incidents {
namespace {

Incident diagnosed() {
    Incident incident = testing::incident();
    incident.diagnosis.emplace().checks = {{"own eyes", Finding::kGood, "Nightshift's own parts work", {}}};
    return incident;
}

TEST(ShareTexts, KeepsTheSameWordsOfTwoIncidentsOnce) {
    TextPool pool;
    Incident first = diagnosed();
    Incident second = diagnosed();
    share_texts(first, pool);
    share_texts(second, pool);
    EXPECT_EQ(first.title.view().data(), second.title.view().data());
    EXPECT_EQ(first.timeline[0].text.view().data(), second.timeline[0].text.view().data());
    EXPECT_EQ(first.diagnosis->checks[0].says.view().data(), second.diagnosis->checks[0].says.view().data());
}

TEST(ShareTexts, ChangesNothingThatAnIncidentSays) {
    TextPool pool;
    Incident incident = diagnosed();
    share_texts(incident, pool);
    EXPECT_EQ(incident, diagnosed());
}

}  // namespace
}  // namespace nightshift::incidents
