#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "cli/drills/crowd.h"
#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "net/client.h"

namespace nightshift::cli::drills {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr uint64_t kOtherFiles = 500;
constexpr milliseconds kAskEvery{10};
constexpr double kP99MaxMs = 1'000;
constexpr int kStorms = 3;
constexpr seconds kBackMax{7};

// Asks the API all the time, as a person would beside all the dashboards, and notes how long each answer
// took.
class Asker {
public:
    explicit Asker(const Sandbox& sandbox) : thread_([this, &sandbox] { ask(sandbox); }) {}
    ~Asker() { end(); }
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;

    void end() {
        is_over_ = true;
        if (thread_.joinable()) thread_.join();
    }
    // After end().
    double p99_ms() const {
        std::vector<double> sorted = took_ms_;
        std::sort(sorted.begin(), sorted.end());
        return sorted.empty() ? 0 : sorted[(sorted.size() - 1) * 99 / 100];
    }
    size_t asked() const { return took_ms_.size(); }
    size_t refused() const { return refused_; }

private:
    void ask(const Sandbox& sandbox) {
        for (bool is_ready = false; !is_over_; is_ready = !is_ready) {
            auto start = steady_clock::now();
            auto answer = sandbox.send(net::Method::kGet, is_ready ? "/readyz" : "/api/v1/fleet");
            took_ms_.push_back(
                std::chrono::duration<double, std::milli>(steady_clock::now() - start).count());
            if (!answer || answer->status != 200) ++refused_;
            std::this_thread::sleep_for(kAskEvery);
        }
    }

    std::vector<double> took_ms_;
    size_t refused_ = 0;
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

Result<void> post_mark(const Sandbox& sandbox, std::string_view mark) {
    NS_TRY(
        net::ClientResponse answer,
        sandbox.send(net::Method::kPost, "/api/v1/events",
                     fmt::format(R"({{"kind":"log","name":"{}","agent":"drill","simulated":true}})", mark)));
    if (answer.status != 200) return fail(Code::kUnavailable, "an event was not taken: {}", answer.body);
    return {};
}

// Cuts everybody off again and again, tells an event meanwhile, and waits until everybody is back and has it.
Result<void> storms(const Sandbox& sandbox, Report& report, Crowd& crowd, size_t count) {
    size_t back = count;
    size_t seen = count;
    milliseconds slowest{0};
    Asker asker(sandbox);
    for (int i = 0; i < kStorms; ++i) {
        auto cut = steady_clock::now();
        crowd.cut_all();
        std::string mark = fmt::format("mark-storm-{}", i);
        if (auto told = post_mark(sandbox, mark); !told) return told;
        crowd.see_everywhere(mark, kBackMax);
        back = std::min(back, crowd.served());
        seen = std::min(seen, crowd.seen());
        slowest = std::max(slowest, std::chrono::duration_cast<milliseconds>(steady_clock::now() - cut));
    }
    asker.end();
    std::string all = fmt::format("{} of {}", count, count);
    check_equal(report, "back after each of 3 cuts", all, fmt::format("{} of {}", back, count));
    check_equal(report, "have what happened while they were away", all, fmt::format("{} of {}", seen, count));
    report.check(
        asker.refused() == 0 && asker.asked() > 0, "questions the API answers meanwhile", "all",
        fmt::format("{} of {}; everybody was back in {} ms, {} were asked to wait",
                    asker.asked() - asker.refused(), asker.asked(), slowest.count(), crowd.refused()));
    report.check(asker.p99_ms() <= kP99MaxMs, "the 99th percentile of them",
                 fmt::format("at most {} ms", kP99MaxMs), fmt::format("{:.1f} ms", asker.p99_ms()));
    return {};
}

Result<void> run_dashboards(Sandbox& sandbox, Report& report, size_t count) {
    if (auto allowed = allow_open_files(count + kOtherFiles); !allowed) {
        report.not_possible = allowed.error().message;
        return {};
    }
    if (auto started = sandbox.start(""); !started) return started;
    NS_TRY(net::Url url, net::parse_url(sandbox.connection().url));
    Crowd crowd(url.port, sandbox.connection().token, count);
    crowd.connect_all(seconds(15));
    std::string all = fmt::format("{} of {}", count, count);
    check_equal(report, "connected", all, fmt::format("{} of {}", crowd.served(), count));
    if (auto told = post_mark(sandbox, "mark-first"); !told) return told;
    crowd.see_everywhere("mark-first", seconds(10));
    check_equal(report, "see an event", all, fmt::format("{} of {}", crowd.seen(), count));
    return storms(sandbox, report, crowd, count);
}

}  // namespace

Result<void> run_dashboards_50(Sandbox& sandbox, Report& report) {
    return run_dashboards(sandbox, report, 50);
}

Result<void> run_dashboards_5000(Sandbox& sandbox, Report& report) {
    return run_dashboards(sandbox, report, 5'000);
}

}  // namespace nightshift::cli::drills
