#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <string>
#include <vector>

#include "api/router.h"
#include "base/clock.h"
#include "incidents/ack_token.h"
#include "incidents/service.h"

namespace nightshift::api {

struct IncidentParts {
    incidents::Service& incidents;
    const Clock& clock;
    // Diagnoses something that need not be in an incident: "job:molt-morning".
    std::function<Task<Result<incidents::Diagnosis>>(std::string tenant, incidents::Subject subject)>
        diagnose;
    // The runbooks that fit an incident, as a JSON array; and running one, which answers in words.
    std::function<Task<boost::json::array>(incidents::Incident)> runbooks;
    struct Wish {
        bool is_dry_run = false;
        bool is_approved = false;
        std::string by;
    };
    std::function<Task<Result<boost::json::object>>(incidents::Incident, std::string runbook, Wish)> run;
    // Of a link to acknowledge; see ack_token.h.
    std::function<Result<incidents::AckGrant>(const std::string& incident, const std::string& token)> verify;
};

// /api/v1/incidents, /api/v1/diagnose and /ack/{id}/{token}.
void add_incident_routes(Router& router, IncidentParts parts);

}  // namespace nightshift::api
