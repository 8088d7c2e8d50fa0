#pragma once

#include "api/router.h"
#include "ingest/receiver.h"

namespace nightshift::api {

// OTLP on its standard paths and Langfuse's, and the events API. `receiver` must outlive the router.
void add_telemetry_routes(Router& router, ingest::Receiver& receiver);

}  // namespace nightshift::api
