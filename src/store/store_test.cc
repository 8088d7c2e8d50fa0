#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "base/text.h"
#include "store/migrations.h"
#include "store/sqlite/database.h"

namespace nightshift::store {
namespace {

class StoreTest : public testing::Test {
protected:
    StoreTest() { std::filesystem::create_directories(folder_); }
    ~StoreTest() override { std::filesystem::remove_all(folder_); }
    std::filesystem::path file() const { return folder_ / "state.db"; }

    std::string suffix_ = base64url_encode(random_bytes(6));
    std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("store_test_" + suffix_);
};

int64_t count(Database& db, std::string_view table) {
    auto select = db.prepare("SELECT count(*) FROM " + std::string(table));
    EXPECT_TRUE(select && select->step().value());
    return select->integer(0);
}

TEST_F(StoreTest, BindsTextWithoutAnAddressAsEmptyText) {
    auto db = Database::open(file());
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->execute("CREATE TABLE t (a TEXT NOT NULL) STRICT"));
    auto insert = db->prepare("INSERT INTO t VALUES (?)");
    ASSERT_TRUE(insert);
    EXPECT_TRUE(insert->bind(1, std::string_view()).run());
    EXPECT_EQ(count(*db, "t"), 1);
}

TEST_F(StoreTest, RollsBackTransactionThatWasNotCommitted) {
    auto db = Database::open(file());
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->execute("CREATE TABLE t (a TEXT) STRICT"));
    {
        auto transaction = Transaction::begin(*db);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(db->execute("INSERT INTO t VALUES ('x')"));
    }
    EXPECT_EQ(count(*db, "t"), 0);
    {
        auto transaction = Transaction::begin(*db);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(db->execute("INSERT INTO t VALUES ('x')"));
        ASSERT_TRUE(transaction->commit());
    }
    EXPECT_EQ(count(*db, "t"), 1);
}

TEST_F(StoreTest, SaysConflictOnBrokenConstraint) {
    auto db = Database::open(file());
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->execute("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT"));
    auto insert = db->prepare("INSERT INTO t VALUES (7)");
    ASSERT_TRUE(insert && insert->run());
    auto again = db->prepare("INSERT INTO t VALUES (7)");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->run().error().code, Code::kConflict);
}

TEST_F(StoreTest, AppliesEachMigrationOnce) {
    std::vector<Migration> migrations{{1, "CREATE TABLE a (x TEXT) STRICT"},
                                      {2, "INSERT INTO a VALUES ('once')"}};
    for (int round = 0; round < 2; ++round) {
        auto db = Database::open(file());
        ASSERT_TRUE(db);
        ASSERT_TRUE(migrate(*db, "room", migrations));
        EXPECT_EQ(count(*db, "a"), 1);
    }
}

TEST_F(StoreTest, KeepsNothingOfMigrationThatFails) {
    auto db = Database::open(file());
    ASSERT_TRUE(db);
    EXPECT_FALSE(migrate(*db, "room", {{1, "CREATE TABLE a (x TEXT) STRICT; CREATE GARBAGE"}}));
    EXPECT_TRUE(migrate(*db, "room", {{1, "CREATE TABLE a (x TEXT) STRICT"}}));
}

TEST_F(StoreTest, RefusesDatabaseOfNewerProgram) {
    auto db = Database::open(file());
    ASSERT_TRUE(db);
    ASSERT_TRUE(
        migrate(*db, "room", {{1, "CREATE TABLE a (x TEXT) STRICT"}, {2, "CREATE TABLE b (x TEXT) STRICT"}}));
    EXPECT_EQ(migrate(*db, "room", {{1, ""}}).error().code, Code::kConflict);
}

TEST_F(StoreTest, SaysWhatIsWrongWithFileThatIsNoDatabase) {
    std::ofstream(file()) << std::string(4096, 'x');
    auto db = Database::open(file());
    ASSERT_FALSE(db);
    EXPECT_EQ(db.error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace nightshift::store
