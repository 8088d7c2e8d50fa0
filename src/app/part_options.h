#pragma once

#include <filesystem>

#include "api/gate.h"
#include "app/config.h"
#include "fleet/service.h"
#include "ingest/receiver.h"
#include "recorder/counted_calls.h"
#include "recorder/recorder.h"

// What the configuration means for the rooms that know nothing of it. Pure.
namespace nightshift::app {

// Of the network; as many as there are processors when nobody says.
size_t loop_count(const Config& config);
recorder::Options recorder_options(const Config& config, const std::filesystem::path& data);
// `counted` must outlive the receiver.
ingest::Receiver::Options receiver_options(const Config& config, const recorder::CountedCalls& counted);
fleet::Options fleet_options(const Config& config, const std::filesystem::path& data);
api::GateOptions gate_options(const Config& config);

}  // namespace nightshift::app
