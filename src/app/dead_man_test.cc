#include "app/dead_man.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.h"
#include "base/text.h"
#include "io/blocking.h"

namespace nightshift::app {
namespace {

using std::chrono::hours;

// Deliveries that are never started: what was to be sent stays in the outbox.
class DeadManTest : public testing::Test {
protected:
    DeadManTest() {
        std::filesystem::create_directories(folder_);
        writer_ = std::move(*store::Writer::open(folder_ / "state.db", delivery::migrate_deliveries));
        delivery::ChannelSpec hook;
        hook.name = "hook";
        hook.kind = delivery::Kind::kWebhook;
        hook.url = Secret("http://127.0.0.1:9/");
        deliveries_ =
            std::move(*delivery::Service::open({loop_, pool_, *writer_, readers_, clock_}, {hook}, {}));
        DeadMan::Parts parts{loop_, clock_, *writer_, *deliveries_};
        dead_man_ = std::make_unique<DeadMan>(parts, Config::DeadMan{"hook", hours(24)});
    }
    ~DeadManTest() override {
        io::run_blocking(loop_, [this] { return dead_man_->stop(); });
        deliveries_.reset();
        std::filesystem::remove_all(folder_);
    }

    void look() {
        io::run_blocking(loop_, [this] { return dead_man_->look(); });
    }
    std::vector<delivery::Delivery> sent() {
        std::vector<delivery::Delivery> found;
        io::run_blocking(loop_, [&]() -> Task<> {
            auto page = co_await deliveries_->list({.tenant = "default"});
            if (page) found = page->deliveries;
        });
        return found;
    }

    ManualClock clock_{from_unix_ms(1'795'000'000'000)};
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("dead_man_test_" + base64url_encode(random_bytes(6)));
    io::Loop loop_{"dead man"};
    io::Pool pool_{1, 100};
    store::Readers readers_{folder_ / "state.db"};
    std::unique_ptr<store::Writer> writer_;
    std::unique_ptr<delivery::Service> deliveries_;
    std::unique_ptr<DeadMan> dead_man_;
};

TEST_F(DeadManTest, SendsOnceInEachInterval) {
    look();
    EXPECT_TRUE(sent().empty());
    clock_.advance(hours(24));
    look();
    look();
    ASSERT_EQ(sent().size(), 1u);
    EXPECT_EQ(sent()[0].channel, "hook");
    clock_.advance(hours(24));
    look();
    EXPECT_EQ(sent().size(), 2u);
}

TEST_F(DeadManTest, TakesAnotherIntervalAndNoChannelFromAReload) {
    dead_man_->reload({"hook", hours(1)});
    clock_.advance(hours(1));
    look();
    EXPECT_EQ(sent().size(), 1u);
    dead_man_->reload({"", hours(1)});
    clock_.advance(hours(48));
    look();
    EXPECT_EQ(sent().size(), 1u);
}

TEST_F(DeadManTest, FailsUntilTheNextMessageArrives) {
    clock_.advance(hours(24));
    look();
    delivery::Delivery message = sent().at(0);
    message.state = delivery::State::kFailed;
    message.why = "403";
    message.settled = clock_.now();
    EXPECT_TRUE(dead_man_->take(message));
    ASSERT_TRUE(dead_man_->failing());
    EXPECT_NE(dead_man_->failing()->message.find("over hook"), std::string::npos);
    message.state = delivery::State::kDelivered;
    EXPECT_TRUE(dead_man_->take(message));
    EXPECT_FALSE(dead_man_->failing());
    message.about = "incident:inc_1";
    EXPECT_FALSE(dead_man_->take(message));
}

}  // namespace
}  // namespace nightshift::app
