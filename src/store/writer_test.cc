#include "store/writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/random.h"
#include "base/text.h"
#include "io/blocking.h"
#include "io/loop.h"
#include "store/readers.h"

namespace nightshift::store {
namespace {

class WriterTest : public testing::Test {
protected:
    WriterTest() {
        std::filesystem::create_directories(folder_);
        open();
    }
    ~WriterTest() override {
        writer_.reset();
        std::filesystem::remove_all(folder_);
    }

    void open() {
        auto opened = Writer::open(file_, [](Database& db) {
            return db.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY) STRICT");
        });
        ASSERT_TRUE(opened) << opened.error().message;
        writer_ = std::move(*opened);
    }

    static Writer::Change insert(int64_t value) {
        return [value](Database& db) -> Result<void> {
            NS_TRY(Statement statement, db.prepare("INSERT INTO t VALUES (?)"));
            statement.bind(1, value);
            return statement.run();
        };
    }

    static Result<int64_t> count_in(Database& db) {
        NS_TRY(Statement select, db.prepare("SELECT count(*) FROM t"));
        NS_TRY([[maybe_unused]] bool row, select.step());
        return select.integer(0);
    }

    int64_t count() { return readers_.read<int64_t>(count_in).value_or(-1); }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("writer_test_" + base64url_encode(random_bytes(6)));
    std::filesystem::path file_ = folder_ / "state.db";
    std::unique_ptr<Writer> writer_;
    Readers readers_{file_};
};

TEST_F(WriterTest, ShowsReadersWhatItAnswered) {
    ASSERT_TRUE(writer_->commit_blocking(insert(1)));
    EXPECT_EQ(count(), 1);
}

TEST_F(WriterTest, ShowsAReaderOneStateWhateverIsCommittedMeanwhile) {
    ASSERT_TRUE(writer_->commit_blocking(insert(1)));
    auto seen = readers_.read<std::pair<int64_t, int64_t>>(
        [this](Database& db) -> Result<std::pair<int64_t, int64_t>> {
            NS_TRY(int64_t first, count_in(db));
            EXPECT_TRUE(writer_->commit_blocking(insert(2)));
            NS_TRY(int64_t second, count_in(db));
            return std::pair(first, second);
        });
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen, std::pair(int64_t{1}, int64_t{1}));
    EXPECT_EQ(count(), 2);
}

TEST_F(WriterTest, UndoesOneChangeOfGroupAlone) {
    std::promise<void> release;
    std::shared_future<void> released = release.get_future().share();
    // Holds the thread, so that the next three wait together.
    writer_->post(
        [released](Database&) -> Result<void> {
            released.wait();
            return {};
        },
        [](const Result<void>&) {});
    std::vector<std::future<bool>> answers;
    auto post = [&](Writer::Change change) {
        auto answer = std::make_shared<std::promise<bool>>();
        answers.push_back(answer->get_future());
        writer_->post(std::move(change),
                      [answer](const Result<void>& done) { answer->set_value(done.has_value()); });
    };
    post(insert(1));
    post([](Database& db) -> Result<void> {
        if (auto done = insert(2)(db); !done) return done;
        return fail(Code::kInvalid, "changed its mind");
    });
    post([](Database&) -> Result<void> { throw std::runtime_error("a bug"); });
    post(insert(3));
    release.set_value();
    EXPECT_TRUE(answers[0].get());
    EXPECT_FALSE(answers[1].get());
    EXPECT_FALSE(answers[2].get());
    EXPECT_TRUE(answers[3].get());
    EXPECT_EQ(count(), 2);
    writer_.reset();
    open();
    EXPECT_EQ(count(), 2);
}

TEST_F(WriterTest, KeepsNothingOfAGroupThatTheDatabaseUndid) {
    std::promise<void> release;
    std::shared_future<void> released = release.get_future().share();
    std::promise<void> begun;
    writer_->post(
        [&begun, released](Database&) -> Result<void> {
            begun.set_value();
            released.wait();
            return {};
        },
        [](const Result<void>&) {});
    begun.get_future().wait();
    std::vector<std::future<bool>> answers;
    auto post = [&](Writer::Change change) {
        auto answer = std::make_shared<std::promise<bool>>();
        answers.push_back(answer->get_future());
        writer_->post(std::move(change),
                      [answer](const Result<void>& result) { answer->set_value(result.has_value()); });
    };
    post(insert(1));
    // As a full disk does: the whole transaction is gone, not only this change.
    post([](Database& db) -> Result<void> { return db.execute("ROLLBACK"); });
    post(insert(3));
    release.set_value();
    for (std::future<bool>& answer : answers) EXPECT_FALSE(answer.get());
    EXPECT_EQ(count(), 0);
    ASSERT_TRUE(writer_->commit_blocking(insert(4)));
    EXPECT_EQ(count(), 1);
}

TEST_F(WriterTest, ResumesCoroutineWithWhatTheChangeReturned) {
    io::Loop loop("test");
    int64_t seen = 0;
    io::run_blocking(loop, [&]() -> Task<> {
        std::function<Result<int64_t>(Database&)> change = [](Database& db) -> Result<int64_t> {
            NS_TRY(Statement statement, db.prepare("INSERT INTO t VALUES (41) RETURNING a + 1"));
            NS_TRY([[maybe_unused]] bool row, statement.step());
            return statement.integer(0);
        };
        Result<int64_t> value = co_await writer_->write<int64_t>(std::move(change));
        seen = value.value_or(-1);
    });
    EXPECT_EQ(seen, 42);
}

TEST_F(WriterTest, RefusesToChangeThroughReader) {
    auto changed = readers_.read<bool>([](Database& db) -> Result<bool> {
        if (auto done = db.execute("INSERT INTO t VALUES (9)"); !done) return Failure(done.error());
        return true;
    });
    EXPECT_FALSE(changed);
}

}  // namespace
}  // namespace nightshift::store
