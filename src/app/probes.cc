#include "app/probes.h"

#include <boost/json.hpp>

#include "base/log.h"
#include "jobs/evidence/probe_process.h"

namespace nightshift::app {
namespace {

namespace json = boost::json;
using health::CommandEnd;
using health::CommandQuestion;

constexpr std::string_view kTenant = "default";
constexpr std::string_view kSource = "nightshift";

Task<Result<CommandEnd>> run_command(io::Pool& pool, CommandQuestion question, milliseconds timeout,
                                     std::stop_token stop) {
    std::function<Result<CommandEnd>()> run = [question = std::move(question), timeout,
                                               stop = std::move(stop)]() -> Result<CommandEnd> {
        jobs::evidence::ProbeCommand command;
        command.argv = question.argv;
        command.folder = question.folder;
        for (const auto& [name, value] : question.environment) command.environment[name] = value.reveal();
        auto until = std::chrono::steady_clock::now() + timeout;
        NS_TRY(jobs::evidence::ProbeEnd end, jobs::evidence::run_probe(command, until, stop));
        CommandEnd ended;
        ended.exit_code = end.exit_code;
        ended.signal = end.signal;
        ended.timed_out = end.timed_out;
        ended.output = std::move(end.output);
        return ended;
    };
    Result<CommandEnd> end = co_await pool.run<CommandEnd>(std::move(run));
    co_return end;
}

}  // namespace

Result<std::unique_ptr<Probes>> Probes::open(Parts parts, const Config& config) {
    std::unique_ptr<Probes> probes(new Probes(parts));
    NS_TRY(probes->service_, health::Service::open(probes->service_parts(), config.probes));
    return probes;
}

health::Service::Parts Probes::service_parts() {
    health::Service::Parts parts{
        .loop = parts_.loop, .writer = parts_.writer, .readers = parts_.readers, .clock = parts_.clock};
    parts.run_command = [this](CommandQuestion question, milliseconds timeout, std::stop_token stop) {
        return run_command(pool_, std::move(question), timeout, std::move(stop));
    };
    parts.on_change = [this](const health::ProbeView& probe, health::State before) { record(probe, before); };
    return parts;
}

void Probes::record(const health::ProbeView& probe, health::State before) {
    const health::Standing& standing = probe.standing;
    log::info("health", "probe {} is {}, was {}: {}", probe.spec->name, health::to_string(standing.state),
              health::to_string(before), standing.why);
    auto batch = std::make_shared<recorder::EventBatch>();
    recorder::Event event;
    event.time_us = unix_us(parts_.clock.now());
    event.kind = recorder::Kind::kLog;
    event.tenant = kTenant;
    event.source = kSource;
    event.name = batch->keep("probe " + probe.spec->name);
    event.value = standing.state == health::State::kPassing ? 1 : 0;
    event.attributes = batch->keep(json::serialize(json::object{{"state", health::to_string(standing.state)},
                                                                {"was", health::to_string(before)},
                                                                {"why", standing.why}}));
    batch->events.push_back(event);
    parts_.recorder.append(std::move(batch), [](const Result<recorder::Receipt>& receipt) {
        if (!receipt) log::error("health", "a probe's change was not recorded: {}", receipt.error().message);
    });
}

}  // namespace nightshift::app
