#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "api/router.h"
#include "jobs/service.h"

namespace nightshift::api {

// Whose job a ping key names: tenant and job; with a slug, the key is the tenant's own. Nothing: nobody's.
using FindPingKey = std::function<std::optional<std::pair<std::string, std::string>>(
    const std::string& key, const std::string& slug)>;

// The ping API of Healthchecks.io (https://healthchecks.io/docs/http_api/): /ping/<uuid> and
// /ping/<key>/<slug>, each with /start, /fail, /log or an exit status, ?rid=, and a body of which the
// beginning is kept. The key in the path is the secret.
void add_ping_routes(Router& router, jobs::Service& jobs, FindPingKey find);

}  // namespace nightshift::api
