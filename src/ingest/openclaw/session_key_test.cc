#include "ingest/openclaw/session_key.h"

#include <gtest/gtest.h>

namespace nightshift::ingest::openclaw {
namespace {

TEST(SessionKey, IsTakenApart) {
    SessionKey main = parse_session_key("agent:ops:main");
    EXPECT_EQ(main.agent, "ops");
    EXPECT_EQ(main.kind, "main");
    SessionKey run = parse_session_key("agent:main:cron:j1:run:s1");
    EXPECT_EQ(run.kind, "cron");
    EXPECT_EQ(run.job, "j1");
    EXPECT_EQ(run.session_id, "s1");
    SessionKey bare = parse_session_key("cron:j1");
    EXPECT_EQ(bare.agent, "");
    EXPECT_EQ(bare.job, "j1");
    EXPECT_EQ(parse_session_key("").kind, "");
    EXPECT_EQ(parse_session_key("agent:").agent, "");
}

TEST(CanonicalSessionKey, NamesARunOfACronJobInOneWay) {
    const char* name = "agent:ops:cron:j1:run:s1";
    EXPECT_EQ(canonical_session_key("cron:j1", "s1", "ops"), name);
    EXPECT_EQ(canonical_session_key("agent:ops:cron:j1", "s1", "main"), name);
    EXPECT_EQ(canonical_session_key("agent:ops:cron:j1:run:s1", "", "main"), name);
    EXPECT_EQ(canonical_session_key("agent:ops:cron:j1:run:s1", "s2", ""), name);
    EXPECT_EQ(canonical_session_key("cron:j1", "", ""), "agent:main:cron:j1");
}

TEST(CanonicalSessionKey, LeavesOthersAsTheyAre) {
    EXPECT_EQ(canonical_session_key("agent:main:main", "s1", "x"), "agent:main:main");
    EXPECT_EQ(canonical_session_key("agent:main:telegram:group:5", "s1", "x"), "agent:main:telegram:group:5");
    EXPECT_EQ(canonical_session_key("cron:", "s1", "x"), "cron:");
}

}  // namespace
}  // namespace nightshift::ingest::openclaw
