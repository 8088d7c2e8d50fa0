#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "app/application.h"
#include "app/config.h"
#include "app/service_manager.h"
#include "app/service_unit.h"
#include "app/version.h"
#include "base/allocator.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/commands.h"
#include "jobs/runner/control_group.h"

namespace nightshift::cli {
namespace {

// More than this makes nothing measurably faster, and each of some twenty threads would keep a megabyte.
constexpr size_t kThreadCachesMax = 4u << 20;

int install_service(const UpOptions& options) {
    std::error_code error;
    app::ServiceUnitOptions unit;
    unit.program = std::filesystem::read_symlink("/proc/self/exe", error);
    unit.data = std::filesystem::absolute(options.data);
    if (!options.config.empty()) unit.config = std::filesystem::absolute(options.config);
    unit.listen = options.listen;
    unit.is_system = geteuid() == 0;
    auto path = app::install_service_unit(unit);
    if (!path) return report(path.error());
    const char* manager = unit.is_system ? "systemctl" : "systemctl --user";
    std::printf(
        "Wrote %s. Start it now and at every boot with:\n  %s daemon-reload && %s enable --now nightshift\n",
        path->c_str(), manager, manager);
    if (!unit.is_system) std::printf("To keep it running when you log out: loginctl enable-linger\n");
    return kOk;
}

// A file with a problem changes nothing: the daemon goes on with what it has.
void reload(app::Application& application, const UpOptions& options) {
    auto config = app::load_config(options.config);
    if (!config) return log::error("app", "the configuration is not taken: {}", config.error().message);
    if (auto done = application.reload(*config); !done)
        return log::error("app", "the configuration is not taken: {}", done.error().message);
    log::info("app",
              "took jobs, agents, channels, probes, alerts, incidents and the gateway from {}; other "
              "sections are read at a restart",
              options.config.native());
}

// Sleeps until a signal asks us to stop, and meanwhile tells a watching service manager that we live.
void wait_for_stop(const sigset_t& signals, app::Application& application, const UpOptions& options) {
    auto interval = app::watchdog_interval();
    for (;;) {
        int signal = 0;
        if (interval) {
            timespec wait{static_cast<time_t>(interval->count() / 1'000'000),
                          static_cast<long>(interval->count() % 1'000'000 * 1000)};
            signal = sigtimedwait(&signals, nullptr, &wait);
            if (signal < 0) app::notify_service_manager("WATCHDOG=1");
        } else {
            signal = sigwaitinfo(&signals, nullptr);
        }
        if (signal == SIGINT || signal == SIGTERM) return;
        if (signal == SIGHUP) reload(application, options);
    }
}

}  // namespace

int run_up(const UpOptions& options) {
    if (options.install_service) return install_service(options);
    // A dump of our memory would hold the keys of providers and channels.
    ::prctl(PR_SET_DUMPABLE, 0);
    auto config = app::load_config(options.config);
    if (!config) return report(config.error());
    if (!options.listen.empty()) config->server.listen = options.listen;
    if (!options.otlp.empty()) config->server.otlp = options.otlp == "off" ? "" : options.otlp;
    log::configure(config->log);
    bound_thread_caches(kThreadCachesMax);

    // Blocked before any thread starts, so that only wait_for_stop() sees them.
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    bool is_managed = std::getenv("NOTIFY_SOCKET") != nullptr;
    auto groups = jobs::prepare_control_groups({.is_managed = is_managed});
    if (!groups) log::debug("app", "runs are held by rlimits: {}", groups.error().message);

    auto application = app::Application::start(*config, options.data);
    if (!application) return report(application.error());
    const app::Application& running = **application;
    log::info("app", "nightshift {} serves {}{}, data in {}", app::kVersion, running.url(),
              running.otlp_port() ? fmt::format(" and OTLP on port {}", running.otlp_port()) : "",
              options.data.native());
    if (!running.new_token_path().empty()) {
        auto token = read_file(running.new_token_path());
        std::printf("Open     %s/#token=%s\nToken    in %s; for the CLI: export NIGHTSHIFT_TOKEN=$(cat %s)\n",
                    running.url().c_str(), token ? token->c_str() : "", running.new_token_path().c_str(),
                    running.new_token_path().c_str());
    } else {
        std::printf("Open     %s\n", running.url().c_str());
    }
    std::fflush(stdout);
    app::notify_service_manager("READY=1\nSTATUS=serving " + running.url());
    wait_for_stop(signals, **application, options);
    app::notify_service_manager("STOPPING=1");
    log::info("app", "stopping");
    application->reset();
    return kOk;
}

}  // namespace nightshift::cli
