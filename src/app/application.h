#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/result.h"

namespace nightshift::app {

// The one composition root: builds every part in order of dependency, and stops them in reverse.
class Application {
public:
    // Returns when the ports answer. Errors name what to change: a taken port, a folder in use, a damaged
    // database.
    static Result<std::unique_ptr<Application>> start(const Config& config,
                                                      const std::filesystem::path& data);
    // Stops taking requests, finishes what is open, commits what was taken, and joins.
    ~Application();

    // Takes the jobs, agents, channels, probes, alerts, incidents and the gateway of `config`; what runs goes
    // on undisturbed. The rest waits for a restart.
    Result<void> reload(const Config& config);

    uint16_t port() const;
    // 0 when the OTLP port is off.
    uint16_t otlp_port() const;
    // "http://127.0.0.1:8700", for people.
    std::string url() const;
    // Where the first admin token was written now; empty when there were tokens already.
    const std::string& new_token_path() const;

private:
    struct Parts;
    explicit Application(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace nightshift::app
