#pragma once

#include <sys/types.h>

#include <boost/json/fwd.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/client.h"
#include "cli/drills/playground.h"

namespace nightshift::cli::drills {

// Asks every 50 ms; false when it did not come true in time.
bool wait_until(std::chrono::milliseconds limit, const std::function<bool()>& is_so);

// An instance of this very program with a folder, a port and a configuration of its own. Used from the main
// thread; call() and connection() from any once it runs.
class Sandbox {
public:
    // `folder` is made. The playground must outlive it.
    Sandbox(Playground& playground, std::filesystem::path program, std::filesystem::path folder);
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    // For the next start.
    void set_environment(std::string_view name, std::string_view value);
    // With this nightshift.yaml; returns when it is ready. kUnavailable with the end of its log otherwise.
    Result<void> start(std::string_view config);
    Result<void> start_again();
    // As a power cut does: SIGKILL.
    void kill();
    bool is_alive() const;
    pid_t pid() const { return pid_; }

    const Connection& connection() const { return connection_; }
    Result<boost::json::value> get(std::string_view path) const;
    Result<boost::json::value> post(std::string_view path, const boost::json::value& body) const;
    // The body as it is, and any status.
    Result<net::ClientResponse> send(net::Method method, std::string_view path, std::string body = "") const;

    const std::filesystem::path& folder() const { return folder_; }

private:
    Result<void> read_connection(uintmax_t log_start);
    std::string log_end() const;
    void end(int signal);

    Playground& playground_;
    const std::filesystem::path program_;
    const std::filesystem::path folder_;
    std::vector<std::string> environment_;
    pid_t pid_ = 0;
    Connection connection_;
};

}  // namespace nightshift::cli::drills
