#include "alerts/historian.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/random.h"
#include "base/text.h"
#include "io/blocking.h"

namespace nightshift::alerts {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::IsEmpty;
using testing::SizeIs;

const Time kStart = from_unix_us(1'700'000'000'000'000);

class HistorianTest : public testing::Test {
protected:
    HistorianTest() {
        std::filesystem::create_directories(folder_);
        writer_ = *store::Writer::open(file_, migrate_history);
        open();
    }
    ~HistorianTest() override {
        close();
        loop_.stop();
        writer_.reset();
        std::filesystem::remove_all(folder_);
    }

    void open() {
        auto opened =
            Historian::open({loop_, *writer_, readers_, clock_, [this] { return has_room_; }}, Settings());
        ASSERT_TRUE(opened) << opened.error().message;
        historian_ = std::move(*opened);
    }
    void close() {
        io::run_blocking(loop_, [this] { return historian_->stop(); });
        historian_.reset();
    }

    void look(std::string_view state) {
        Observation sessions{SignalKind::kSession, {}, ""};
        Signal signal{.labels = {{"session", "a"}, {"agent", "builder"}, {"state", state}}};
        signal.says = "it is so";
        sessions.signals.push_back(std::move(signal));
        seen_ = {std::move(sessions)};
        io::run_blocking(loop_, [this] { return look_once(); });
    }
    Task<> look_once() {
        historian_->look(seen_);
        co_return;
    }
    void look_for(std::string_view state, seconds length) {
        for (seconds passed{0}; passed < length; passed += seconds(10)) {
            look(state);
            write();  // the clock by hand is faster than a disk
            clock_.advance(seconds(10));
        }
    }

    bool write() {
        io::run_blocking(loop_, [this] { return write_once(); });
        return is_written_;
    }
    Task<> write_once() {
        Result<void> written = co_await historian_->write();
        is_written_ = written.has_value();
    }
    // Whether it writes again, sooner or later.
    bool is_mended() {
        for (int i = 0; i < 1'000; ++i) {
            look("failed");
            if (write()) return true;
            clock_.advance(seconds(10));
            std::this_thread::sleep_for(milliseconds(1));
        }
        return false;
    }
    void execute(const std::string& sql) {
        ASSERT_TRUE(writer_->commit_blocking([&](store::Database& db) { return db.execute(sql); }));
    }

    Result<Preview> failed_over(hours length) {
        Rule rule;
        rule.name = "failed";
        rule.where = *parse_matchers("state=failed");
        return historian_->preview(rule, clock_.now() - length, clock_.now());
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("historian_test_" + base64url_encode(random_bytes(6)));
    std::filesystem::path file_ = folder_ / "alerts.db";
    ManualClock clock_{kStart};
    io::Loop loop_{"test"};
    store::Readers readers_{file_};
    std::unique_ptr<store::Writer> writer_;
    std::unique_ptr<Historian> historian_;
    std::vector<Observation> seen_;
    bool is_written_ = false;
    bool has_room_ = true;
};

TEST_F(HistorianTest, CanSayWhatARuleWouldHaveDone) {
    look_for("working", minutes(10));
    Time failed = clock_.now();
    look_for("failed", minutes(5));
    look_for("working", minutes(45));
    ASSERT_TRUE(write());
    Result<Preview> seen = failed_over(hours(1));
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_THAT(seen->gaps, IsEmpty());
    ASSERT_THAT(seen->episodes, SizeIs(1));
    EXPECT_EQ(seen->episodes[0].starts, failed);
    EXPECT_EQ(seen->episodes[0].ends, failed + minutes(5));
    EXPECT_EQ(seen->episodes[0].summary, "it is so");
}

TEST_F(HistorianTest, KnowsThatItDidNotRun) {
    look_for("failed", minutes(5));
    Time stopped = clock_.now() - seconds(10);
    close();
    clock_.advance(minutes(20));
    open();
    Time started = clock_.now();
    look_for("failed", minutes(5));
    ASSERT_TRUE(write());
    Result<Preview> seen = failed_over(hours(1));
    ASSERT_TRUE(seen) << seen.error().message;
    ASSERT_THAT(seen->episodes, SizeIs(1)) << "it went on, as far as anybody can tell";
    EXPECT_EQ(seen->episodes[0].starts, kStart);
    ASSERT_THAT(seen->gaps, SizeIs(2));
    EXPECT_EQ(seen->gaps[0].until, kStart);
    EXPECT_EQ(seen->gaps[1].from, stopped);
    EXPECT_EQ(seen->gaps[1].until, started);
    EXPECT_EQ(seen->gaps[1].why, "Nightshift was stopped");
}

TEST_F(HistorianTest, SaysNothingOfATimeThatIsNotKnown) {
    EXPECT_EQ(failed_over(hours(1)).error().code, Code::kInvalid);
    look_for("failed", minutes(1));
    ASSERT_TRUE(write());
    EXPECT_TRUE(failed_over(hours(1)));
    clock_.advance(hours(3));
    EXPECT_EQ(failed_over(hours(1)).error().code, Code::kInvalid);
}

TEST_F(HistorianTest, CountsAsNotWatchedWhatCannotBeWritten) {
    look_for("failed", minutes(5));
    ASSERT_TRUE(write());
    execute("CREATE TRIGGER full BEFORE INSERT ON signal_watched BEGIN SELECT raise(ABORT, 'full'); END");
    look_for("working", minutes(5));
    EXPECT_GE(historian_->stats().failures_total, 1u);
    execute("DROP TRIGGER full");
    ASSERT_TRUE(is_mended());
    look_for("failed", minutes(5));
    ASSERT_TRUE(write());
    Result<Preview> seen = failed_over(hours(1));
    ASSERT_TRUE(seen) << seen.error().message;
    ASSERT_THAT(seen->gaps, SizeIs(2));
    EXPECT_EQ(seen->gaps[1].why, "its history could not be written");
    EXPECT_GE(seen->gaps[1].until, kStart + minutes(10));
    ASSERT_THAT(seen->episodes, SizeIs(1));
    EXPECT_EQ(seen->episodes[0].ends, Time::max());
}

TEST_F(HistorianTest, LeavesTheLastOfTheDiskToOthers) {
    look_for("working", minutes(5));
    has_room_ = false;
    look_for("failed", minutes(5));
    EXPECT_FALSE(write());
    EXPECT_EQ(failed_over(hours(1))->fired, 0u);
    has_room_ = true;
    ASSERT_TRUE(is_mended());
    look_for("working", minutes(5));
    Result<Preview> seen = failed_over(hours(1));
    ASSERT_TRUE(seen) << seen.error().message;
    ASSERT_THAT(seen->gaps, SizeIs(2));
    EXPECT_GE(seen->gaps[1].until, kStart + minutes(10));
}

TEST_F(HistorianTest, SavesWhatStandsAsItStood) {
    look_for("failed", minutes(2));
    close();
    open();
    look_for("failed", minutes(2));
    ASSERT_TRUE(write());
    EXPECT_EQ(historian_->stats().rows, 1);
}

}  // namespace
}  // namespace nightshift::alerts
