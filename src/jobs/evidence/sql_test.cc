#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "jobs/evidence/bench_for_test.h"
#include "jobs/evidence/postgres_for_test.h"
#include "store/sqlite/database.h"

namespace nightshift::jobs::evidence {
namespace {

using testing::Bench;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresForTest;

class Sqlite : public ::testing::Test {
protected:
    void SetUp() override {
        auto db = store::Database::open(bench_.folder / "posts.db");
        ASSERT_TRUE(db);
        ASSERT_TRUE(
            db->execute("create table posts (id integer, title text, at text, at_ms integer);"
                        "insert into posts values (1, 'old', '2026-11-22 02:59:59', 1795316399000),"
                        " (2, 'first', '2026-11-22 03:00:30', 1795316430000),"
                        " (3, 'second', '2026-11-22 03:01:00', 1795316460000), (4, null, null, null)"));
    }
    Observation ask(const std::string& query, const std::string& conditions) {
        return bench_.collect(R"({"sql":{"sqlite":"posts.db","query":")" + query + "\"," + conditions + "}}");
    }
    Bench bench_;
};

TEST_F(Sqlite, CountsRowsSinceTheStart) {
    Observation seen = ask("select count(*) from posts where at > :started", R"("min":2)");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    EXPECT_EQ(seen.value, 2);
    EXPECT_EQ(seen.observer, "SQLite posts.db");
    EXPECT_FALSE(seen.is_claimants_word);
    EXPECT_EQ(ask("select count(*) from posts where at_ms between :started_ms and :ended_ms", R"("equals":2)")
                  .outcome,
              Outcome::kHolds);
    EXPECT_EQ(ask("select count(*) from posts where at_ms / 1000 > :nominal_s", R"("min":3)").outcome,
              Outcome::kFails);
}

TEST_F(Sqlite, JudgesTextNullAndNoRow) {
    EXPECT_EQ(ask("select title from posts where id = 3", R"("matches":"^sec")").outcome, Outcome::kHolds);
    EXPECT_EQ(ask("select title from posts where id = 3", R"("not_matches":"sec")").outcome, Outcome::kFails);
    EXPECT_EQ(ask("select title from posts where id = 4", R"("not_matches":"sec")").outcome, Outcome::kFails);
    EXPECT_EQ(ask("select title from posts where id = 4", R"("equals":null)").outcome, Outcome::kHolds);
    Observation none = ask("select title from posts where id = 5", R"("not_matches":"x")");
    EXPECT_EQ(none.outcome, Outcome::kFails);
    EXPECT_EQ(none.observed, "the query finds no row");
}

TEST_F(Sqlite, IsUnknownWhenItCannotAnswer) {
    Observation wrong = ask("select count(*) from pots", R"("min":1)");
    EXPECT_EQ(wrong.outcome, Outcome::kUnknown);
    EXPECT_THAT(wrong.observed, HasSubstr("no such table: pots"));
    EXPECT_EQ(bench_.collect(R"({"sql":{"sqlite":"gone.db","query":"select 1","min":1}})").outcome,
              Outcome::kUnknown);
    EXPECT_FALSE(std::filesystem::exists(bench_.folder / "gone.db")) << "looking must not create it";
    bench_.write("noise.db", std::string(5000, 'x'));
    EXPECT_EQ(bench_.collect(R"({"sql":{"sqlite":"noise.db","query":"select 1 from t","min":1}})").outcome,
              Outcome::kUnknown);
}

TEST_F(Sqlite, StopsAQueryWithoutEnd) {
    bench_.timeout = milliseconds(500);
    Observation seen =
        ask("with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n",
            R"("min":1)");
    EXPECT_EQ(seen.outcome, Outcome::kUnknown);
    // The pool is free again: the query itself has ended.
    bench_.timeout = milliseconds(10'000);
    EXPECT_EQ(ask("select count(*) from posts", R"("equals":4)").outcome, Outcome::kHolds);
}

TEST(Sql, RefusesWhatCannotBeAsked) {
    EXPECT_THAT(Bench::error_of(R"({"sql":{"query":"select 1","min":1}})"),
                HasSubstr("'sqlite' (a file) and 'postgres'"));
    EXPECT_THAT(Bench::error_of(R"({"sql":{"sqlite":"a","postgres":"b","query":"select 1","min":1}})"),
                HasSubstr("one of the keys"));
    EXPECT_THAT(Bench::error_of(R"({"sql":{"sqlite":"a","query":"select 1"}})"),
                HasSubstr("needs a condition"));
    EXPECT_THAT(Bench::error_of(R"({"sql":{"sqlite":"a","query":"delete from a","min":1}})"),
                HasSubstr("begin with select"));
    EXPECT_THAT(Bench::error_of(R"({"sql":{"sqlite":"a","query":"select :begun","min":1}})"),
                HasSubstr(":started"));
    EXPECT_THAT(Bench::error_of(R"({"sql":{"sqlite":"a","qery":"select 1","min":1}})"),
                HasSubstr("did you mean 'query'?"));
}

// One server for all the tests of the suite: it takes a second to start.
class Postgres : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        server = PostgresForTest::start();
        if (server) {
            ASSERT_TRUE(
                server->execute("create table posts (id bigint, title text, at timestamptz, done boolean);"
                                "insert into posts values (1, 'old', '2026-11-22 02:59:59+00', false),"
                                " (2, 'first', '2026-11-22 03:00:30+00', true), (3, 'second', '2026-11-22 "
                                "04:01:00+01', true)"));
        }
    }
    static void TearDownTestSuite() { server.reset(); }
    void SetUp() override {
        if (!server) GTEST_SKIP() << "PostgreSQL's server is not installed: apt-get install postgresql";
        bench_.variables["DATABASE_URL"] = server->connection();
    }
    Observation ask(const std::string& query, const std::string& conditions) {
        return bench_.collect(R"({"sql":{"postgres":"${DATABASE_URL}","query":")" + query + "\"," +
                              conditions + "}}");
    }

    static std::unique_ptr<PostgresForTest> server;
    Bench bench_;
};
std::unique_ptr<PostgresForTest> Postgres::server;

TEST_F(Postgres, CountsRowsSinceTheStart) {
    Observation seen = ask("select count(*) from posts where at > :started", R"("min":2)");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    EXPECT_EQ(seen.value, 2);
    EXPECT_EQ(seen.observer, "PostgreSQL");
    EXPECT_EQ(ask("select count(*) from posts where at between :started and :ended", R"("equals":2)").outcome,
              Outcome::kHolds);
    EXPECT_EQ(
        ask("select count(*) from posts where extract(epoch from at) > :nominal_s", R"("min":3)").outcome,
        Outcome::kFails);
    EXPECT_EQ(ask("select (extract(epoch from at) * 1000)::bigint - :started_ms from posts where id = 2",
                  R"("equals":30000)")
                  .outcome,
              Outcome::kHolds);
}

TEST_F(Postgres, JudgesTextTruthNullAndNoRow) {
    EXPECT_EQ(ask("select title from posts order by at desc", R"("equals":"second")").outcome,
              Outcome::kHolds);
    EXPECT_EQ(ask("select bool_and(done) from posts where at > :started", R"("equals":true)").outcome,
              Outcome::kHolds);
    EXPECT_EQ(ask("select done from posts where id = 1", R"("equals":true)").outcome, Outcome::kFails);
    EXPECT_EQ(ask("select max(title) from posts where id > 9", R"("not_matches":"x")").outcome,
              Outcome::kFails);
    EXPECT_EQ(ask("select title from posts where id > 9", R"("not_matches":"x")").outcome, Outcome::kFails);
    EXPECT_EQ(ask("select generate_series(1, 50000000)", R"("equals":1)").outcome, Outcome::kHolds)
        << "only the first row is read";
}

TEST_F(Postgres, OnlyReads) {
    Observation seen =
        ask("with gone as (delete from posts returning 1) select count(*) from gone", R"("min":0)");
    EXPECT_EQ(seen.outcome, Outcome::kUnknown);
    EXPECT_THAT(seen.observed, HasSubstr("read-only transaction"));
    EXPECT_EQ(ask("select count(*) from posts", R"("equals":3)").outcome, Outcome::kHolds);
}

TEST_F(Postgres, StopsAQueryWithoutEnd) {
    bench_.timeout = milliseconds(300);
    EXPECT_EQ(ask("select pg_sleep(600)::text", R"("matches":"x")").outcome, Outcome::kUnknown);
    bench_.timeout = milliseconds(10'000);
    // The server gives up as well, not only we.
    const char* sleeping =
        "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep(600)%' and "
        "pid <> pg_backend_pid()";
    auto is_left = [&] { return ask(sleeping, R"("equals":0)").outcome == Outcome::kHolds; };
    for (int i = 0; i < 200 && !is_left(); ++i) std::this_thread::sleep_for(milliseconds(50));
    EXPECT_TRUE(is_left());
}

TEST_F(Postgres, IsUnknownWhenItCannotAnswer) {
    EXPECT_THAT(ask("select count(*) from pots", R"("min":1)").observed,
                HasSubstr("\"pots\" does not exist"));
    bench_.variables["DATABASE_URL"] = "postgresql://postgres:hunter2secret@127.0.0.1:1/postgres";
    Observation refused = ask("select 1", R"("min":1)");
    EXPECT_EQ(refused.outcome, Outcome::kUnknown);
    EXPECT_THAT(refused.observed, Not(HasSubstr("hunter2")));
    bench_.variables.clear();
    EXPECT_THAT(ask("select 1", R"("min":1)").observed, HasSubstr("the environment has no DATABASE_URL"));
}

}  // namespace
}  // namespace nightshift::jobs::evidence
