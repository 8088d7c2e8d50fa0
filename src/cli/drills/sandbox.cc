#include "cli/drills/sandbox.h"

#include <sys/wait.h>

#include <boost/json.hpp>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookEvery{50};
constexpr milliseconds kStartMax{20'000};
constexpr milliseconds kStopMax{10'000};
constexpr milliseconds kCallMax{10'000};
constexpr size_t kLogShown = 600;
constexpr std::string_view kOpen = "Open     ";

}  // namespace

bool wait_until(milliseconds limit, const std::function<bool()>& is_so) {
    auto end = steady_clock::now() + limit;
    for (;;) {
        if (is_so()) return true;
        if (steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(kLookEvery);
    }
}

Sandbox::Sandbox(Playground& playground, std::filesystem::path program, std::filesystem::path folder)
    : playground_(playground), program_(std::move(program)), folder_(std::move(folder)) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    const char* path = std::getenv("PATH");
    set_environment("PATH", path != nullptr ? path : "/usr/bin:/bin");
    set_environment("HOME", folder_.native());
}

Sandbox::~Sandbox() {
    end(SIGTERM);
}

void Sandbox::set_environment(std::string_view name, std::string_view value) {
    environment_.push_back(fmt::format("{}={}", name, value));
}

Result<void> Sandbox::start(std::string_view config) {
    NS_TRY([[maybe_unused]] auto written,
           write_file_atomically(folder_ / "nightshift.yaml", config, 0600).map([] { return true; }));
    return start_again();
}

Result<void> Sandbox::start_again() {
    Program program{program_, {}, environment_, folder_, folder_ / "log"};
    program.arguments = {"up",
                         "--data",
                         (folder_ / "data").native(),
                         "--config",
                         (folder_ / "nightshift.yaml").native(),
                         "--listen",
                         "127.0.0.1:0",
                         "--otlp",
                         "off"};
    std::error_code error;
    uintmax_t log_start = std::filesystem::file_size(program.log, error);
    NS_TRY(pid_, playground_.start(program));
    return read_connection(error ? 0 : log_start);
}

// It says its address when it serves.
Result<void> Sandbox::read_connection(uintmax_t log_start) {
    std::string url;
    bool is_ready = wait_until(kStartMax, [&] {
        auto log = read_file(folder_ / "log");
        size_t at = log && log->size() > log_start ? log->find(kOpen, log_start) : std::string::npos;
        if (at != std::string::npos) {
            std::string_view rest = std::string_view(*log).substr(at + kOpen.size());
            url = rest.substr(0, rest.find_first_of("/#\n", std::string_view("http://").size()));
        }
        return !url.empty() || !is_alive();
    });
    if (!is_ready || url.empty())
        return fail(Code::kUnavailable, "the sandbox does not start: {}", log_end());
    auto token = read_file(folder_ / "data" / "admin.token");
    if (!token) return Failure(token.error());
    connection_.url = url;
    connection_.token = Secret(std::string(trim(*token)));
    is_ready = wait_until(kStartMax, [&] {
        auto answer = send(net::Method::kGet, "/readyz");
        return answer && answer->status == 200;
    });
    if (!is_ready) return fail(Code::kUnavailable, "the sandbox is not ready: {}", log_end());
    return {};
}

std::string Sandbox::log_end() const {
    auto log = read_file(folder_ / "log");
    if (!log) return log.error().message;
    return log->size() <= kLogShown ? *log : log->substr(log->size() - kLogShown);
}

bool Sandbox::is_alive() const {
    siginfo_t info{};
    return pid_ > 0 && waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

void Sandbox::kill() {
    end(SIGKILL);
}

void Sandbox::end(int signal) {
    if (pid_ == 0) return;
    ::kill(pid_, signal);
    if (!wait_until(kStopMax, [&] { return !is_alive(); })) ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

Result<json::value> Sandbox::get(std::string_view path) const {
    return get_json(connection_, path);
}

Result<json::value> Sandbox::post(std::string_view path, const json::value& body) const {
    return post_json(connection_, path, body);
}

Result<net::ClientResponse> Sandbox::send(net::Method method, std::string_view path, std::string body) const {
    net::ClientRequest request;
    request.method = method;
    request.url = connection_.url + std::string(path);
    request.timeout = kCallMax;
    request.headers.set("Authorization", "Bearer " + connection_.token.reveal());
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    return net::fetch_blocking(std::move(request));
}

}  // namespace nightshift::cli::drills
