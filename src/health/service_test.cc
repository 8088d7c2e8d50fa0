#include "health/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "base/text.h"
#include "health/show.h"
#include "health/store.h"
#include "io/blocking.h"
#include "io/pool.h"
#include "net/server_for_test.h"

namespace nightshift::health {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

JsonCondition is_up() {
    JsonCondition condition{.path = *JsonPath::parse("$.database")};
    condition.equals = R"("up")";
    return condition;
}

// A service on a real loop and database that asks a server which answers what the test says.
class HealthService : public ::testing::Test {
protected:
    HealthService() {
        std::string name = random_bytes(6);
        folder_ =
            std::filesystem::temp_directory_path() / ("health_test_" + to_hex(name.data(), name.size()));
        std::filesystem::create_directories(folder_);
        handler_.answer = [this](net::Request request) { return answer_with(std::move(request)); };
        server_.emplace(handler_);
    }
    ~HealthService() override {
        close();
        std::filesystem::remove_all(folder_);
    }

    Task<net::Response> answer_with(net::Request request) {
        std::lock_guard lock(mutex_);
        authorization_ = request.headers.get("Authorization");
        ++asked_;
        co_return net::Response::json(200, body_);
    }
    void answers(std::string body) {
        std::lock_guard lock(mutex_);
        body_ = std::move(body);
    }

    std::shared_ptr<ProbeSpec> probe(std::string name = "db") {
        HttpQuestion http;
        http.url = server_->url("/health");
        http.headers["Authorization"] = Secret("Bearer hunter2-hunter2");
        http.hidden = {http.headers["Authorization"]};
        http.expect.json = {is_up()};
        auto spec = std::make_shared<ProbeSpec>();
        spec->name = std::move(name);
        spec->question = std::move(http);
        spec->policy.every = std::chrono::hours(1);
        spec->policy.stale_after = std::chrono::hours(3);
        return spec;
    }

    void open(std::vector<ProbePtr> probes) {
        loop_ = std::make_unique<io::Loop>("health");
        auto writer = store::Writer::open(folder_ / "state.db", migrate_health);
        ASSERT_TRUE(writer);
        writer_ = std::move(*writer);
        readers_ = std::make_unique<store::Readers>(folder_ / "state.db");
        Service::Parts parts{.loop = *loop_, .writer = *writer_, .readers = *readers_, .clock = clock_};
        parts.run_command = [this](CommandQuestion, std::chrono::milliseconds timeout, std::stop_token stop) {
            return run_command(timeout, std::move(stop));
        };
        parts.on_change = [this](const ProbeView& view, State before) {
            std::lock_guard lock(mutex_);
            changes_.push_back(
                fmt::format("{} {} {}", view.spec->name, to_string(before), to_string(view.standing.state)));
        };
        auto service = Service::open(std::move(parts), probes);
        ASSERT_TRUE(service);
        service_ = std::move(*service);
    }
    // Like a real one it takes no notice of its caller's end.
    Task<Result<CommandEnd>> run_command(std::chrono::milliseconds timeout, std::stop_token stop) {
        if (!commands_hang_) co_return CommandEnd{.exit_code = 0};
        std::function<Result<CommandEnd>()> hang = [this, timeout, stop]() -> Result<CommandEnd> {
            auto until = std::chrono::steady_clock::now() + timeout;
            ++hanging_;
            while (!stop.stop_requested() && std::chrono::steady_clock::now() < until)
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
            was_stopped_ = stop.stop_requested();
            return CommandEnd{.exit_code = 1};
        };
        Result<CommandEnd> end = co_await pool_.run<CommandEnd>(std::move(hang));
        co_return end;
    }
    void close() {
        if (service_) service_->stop();
        service_.reset();
        if (loop_) loop_->stop();
        loop_.reset();
        writer_.reset();
        readers_.reset();
    }

    template <class T>
    T wait_for(const std::function<Task<T>()>& ask) {
        std::optional<T> value;
        io::Loop asker("asker");
        io::run_blocking(asker, [&] { return store_into(ask, value); });
        return std::move(*value);
    }
    template <class T>
    static Task<> store_into(const std::function<Task<T>()>& ask, std::optional<T>& value) {
        T seen = co_await ask();
        value = std::move(seen);
    }
    Result<ProbeView> run(const std::string& name = "db") {
        clock_.advance(seconds(60));
        return wait_for<Result<ProbeView>>([&] { return service_->run(name); });
    }
    Result<ProbeView> find(const std::string& name = "db") {
        return wait_for<Result<ProbeView>>([&] { return service_->find(name); });
    }
    State state(const std::string& name = "db") { return find(name)->standing.state; }

    std::filesystem::path folder_;
    ManualClock clock_{from_unix_us(1'700'000'000'000'000)};
    net::FunctionHandler handler_;
    std::optional<net::ServerForTest> server_;
    std::mutex mutex_;
    io::Pool pool_{1, 10};
    std::atomic<bool> commands_hang_{false};
    std::atomic<int> hanging_{0};
    std::atomic<bool> was_stopped_{false};
    std::string body_ = R"({"status":"ok","database":"up"})";
    std::string authorization_;
    int asked_ = 0;
    std::vector<std::string> changes_;
    std::unique_ptr<io::Loop> loop_;
    std::unique_ptr<store::Writer> writer_;
    std::unique_ptr<store::Readers> readers_;
    std::unique_ptr<Service> service_;
};

TEST_F(HealthService, SeesThroughAHealthCheckThatLies) {
    open({probe()});
    EXPECT_EQ(state(), State::kUnknown);
    EXPECT_EQ(run()->standing.state, State::kPassing);
    EXPECT_EQ(authorization_, "Bearer hunter2-hunter2");
    answers(R"({"status":"ok","database":"down","echo":"hunter2-hunter2"})");
    EXPECT_EQ(run()->standing.state, State::kPassing) << "one bad look is not enough";
    Result<ProbeView> lied = run();
    EXPECT_EQ(lied->standing.state, State::kFailing);
    EXPECT_EQ(
        lied->standing.why,
        R"(answers 200, but $.database is "down", not "up": {"status":"ok","database":"down","echo":"[hidden]"})");
    EXPECT_EQ(lied->looks.size(), 3u);
    answers(R"({"database":"up"})");
    EXPECT_EQ(run()->standing.state, State::kPassing);
    EXPECT_THAT(changes_, ElementsAre("db unknown passing", "db passing failing", "db failing passing"));
}

TEST_F(HealthService, CallsAServerThatIsGoneFailing) {
    open({probe()});
    run();
    server_->server().stop();
    run();
    Result<ProbeView> gone = run();
    EXPECT_EQ(gone->standing.state, State::kFailing);
    EXPECT_THAT(gone->standing.why, HasSubstr("cannot connect to 127.0.0.1"));
}

TEST_F(HealthService, RemembersAFailureOverARestart) {
    open({probe()});
    answers("{}");
    run();
    run();
    ASSERT_EQ(state(), State::kFailing);
    Time since = find()->standing.since;
    close();
    open({probe()});
    EXPECT_EQ(state(), State::kFailing);
    EXPECT_EQ(find()->standing.since, since);
    EXPECT_EQ(find()->last, "failing");
    close();
    clock_.advance(std::chrono::hours(4));
    open({probe()});
    EXPECT_EQ(state(), State::kStale);
    EXPECT_EQ(find()->last, "failing");
}

TEST_F(HealthService, NeverCallsAStaleOnePassingAfterARestart) {
    open({probe()});
    run();
    ASSERT_EQ(state(), State::kPassing);
    close();
    clock_.advance(std::chrono::hours(4));
    open({probe()});
    EXPECT_EQ(state(), State::kStale);
    EXPECT_EQ(run()->standing.state, State::kPassing);
}

TEST_F(HealthService, IsNotStaleAfterAShortRestartOfALongCalm) {
    open({probe()});
    for (int hour = 0; hour < 10; ++hour) {
        clock_.advance(std::chrono::hours(1));
        run();
    }
    close();
    clock_.advance(seconds(60));
    open({probe()});
    EXPECT_EQ(state(), State::kPassing);
}

TEST_F(HealthService, KnowsNothingOfANewQuestionUnderAnOldName) {
    open({probe()});
    run();
    close();
    auto other = probe();
    std::get<HttpQuestion>(other->question).url = server_->url("/other");
    open({other});
    EXPECT_EQ(state(), State::kUnknown);
}

TEST_F(HealthService, KeepsTheStateOfWhatAReloadLeavesAsItIs) {
    open({probe("db"), probe("old")});
    run("db");
    run("old");
    auto slower = probe("db");
    slower->policy.every = std::chrono::hours(2);
    service_->reload({slower, probe("new")});
    EXPECT_EQ(state("db"), State::kPassing);
    EXPECT_EQ(find("db")->spec->policy.every, std::chrono::hours(2));
    EXPECT_EQ(find("db")->looks.size(), 1u);
    EXPECT_EQ(state("new"), State::kUnknown);
    EXPECT_EQ(find("old").error().code, Code::kNotFound);
    service_->reload({slower, probe("new"), probe("old")});
    EXPECT_EQ(state("old"), State::kUnknown) << "nobody looked at it meanwhile";
}

TEST_F(HealthService, LooksByItselfWhenItIsTime) {
    auto often = probe();
    often->policy.every = seconds(1);
    open({often});
    service_->start();
    while (find()->looks_total < 2) std::this_thread::sleep_for(milliseconds(20));
    EXPECT_EQ(state(), State::kPassing);
}

TEST_F(HealthService, LooksAtManyAFewAtOnce) {
    std::vector<ProbePtr> many;
    for (int i = 0; i < 40; ++i) {
        auto each = probe(fmt::format("p{}", i));
        each->policy.every = seconds(1);
        many.push_back(each);
    }
    open(many);
    service_->start();
    auto all_passing = [&] {
        std::vector<ProbeView> views = wait_for<std::vector<ProbeView>>([&] { return service_->list(); });
        return std::all_of(views.begin(), views.end(),
                           [](const ProbeView& each) { return each.standing.state == State::kPassing; });
    };
    while (!all_passing()) std::this_thread::sleep_for(milliseconds(20));
    Stats stats = wait_for<Stats>([&] { return service_->stats(); });
    EXPECT_GE(stats.looks_total, 40u);
    EXPECT_EQ(stats.unknown_total, 0u);
}

TEST_F(HealthService, ConnectsAndRunsCommands) {
    auto tcp = probe("port");
    tcp->question = TcpQuestion{"127.0.0.1", server_->port()};
    auto command = probe("program");
    command->question = CommandQuestion{.argv = {"true"}};
    open({tcp, command});
    EXPECT_EQ(run("port")->standing.why, fmt::format("127.0.0.1:{} takes connections", server_->port()));
    EXPECT_EQ(run("program")->standing.why, "exits with 0");
    EXPECT_EQ(show(*find("program")).at("expects").as_string(), "exit code 0");
    EXPECT_EQ(show(*find("port")).at("expects").as_string(), "a connection");
    EXPECT_EQ(run("nobody").error().code, Code::kNotFound);
}

TEST_F(HealthService, EndsACommandThatHangsWhenItStops) {
    auto command = probe("program");
    command->question = CommandQuestion{.argv = {"sleep", "60"}};
    command->policy.timeout = std::chrono::seconds(60);
    commands_hang_ = true;
    open({command});
    command->policy.every = std::chrono::seconds(1);
    service_->start();
    while (hanging_ == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    service_->stop();
    EXPECT_TRUE(was_stopped_);
    EXPECT_EQ(find("program")->looks_total, 0u) << "what a stop ended says nothing of what was asked";
}

TEST_F(HealthService, ShowsAStateAsAFact) {
    auto spec = probe();
    spec->subject = {"route", "fast"};
    spec->labels = {{"team", "night"}};
    open({spec});
    boost::json::object shown = show(*find());
    EXPECT_EQ(shown.at("state").at("value").as_string(), "unknown");
    EXPECT_TRUE(shown.at("last").is_null());
    EXPECT_TRUE(shown.at("looked_ms").is_null());
    shown = show_whole(*run());
    EXPECT_EQ(shown.at("state").at("value").as_string(), "passing");
    EXPECT_EQ(shown.at("state").at("as_of_ms").as_int64(), unix_ms(clock_.now()));
    EXPECT_EQ(shown.at("expects").as_string(), R"(2xx, $.database is "up")");
    EXPECT_EQ(shown.at("subject").as_string(), "route fast");
    EXPECT_EQ(shown.at("labels").at("team").as_string(), "night");
    EXPECT_EQ(shown.at("fail_after").as_string(), "2 of 3");
    EXPECT_EQ(shown.at("looks").as_array().size(), 1u);
    EXPECT_EQ(shown.at("looks").at(0).at("outcome").as_string(), "good");
}

}  // namespace
}  // namespace nightshift::health
