#pragma once

#include <memory>

#include "app/config.h"
#include "base/clock.h"
#include "health/service.h"
#include "io/pool.h"
#include "recorder/recorder.h"

namespace nightshift::app {

// The probes of the configuration, with what they need of other rooms: threads that wait for their commands,
// and the recorder, which hears of every change of a state.
class Probes {
public:
    // All must outlive it.
    struct Parts {
        io::Loop& loop;
        store::Writer& writer;
        store::Readers& readers;
        recorder::Recorder& recorder;
        const Clock& clock;
    };
    static Result<std::unique_ptr<Probes>> open(Parts parts, const Config& config);

    void start() { service_->start(); }
    // Blocking, not from a loop.
    void stop() { service_->stop(); }
    void reload(const Config& config) { service_->reload(config.probes); }

    health::Service& service() { return *service_; }

private:
    explicit Probes(Parts parts) : parts_(parts) {}
    health::Service::Parts service_parts();
    void record(const health::ProbeView& probe, health::State before);

    static constexpr size_t kCommandThreads = 4;
    static constexpr size_t kCommandsWaitingMax = 64;

    Parts parts_;
    io::Pool pool_{kCommandThreads, kCommandsWaitingMax};
    std::unique_ptr<health::Service> service_;
};

}  // namespace nightshift::app
