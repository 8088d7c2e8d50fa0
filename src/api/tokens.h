#pragma once

#include "api/router.h"
#include "auth/authenticator.h"
#include "io/pool.h"

namespace nightshift::api {

// whoami, login and logout, and the administration of tokens. Both references must outlive the router.
void add_token_routes(Router& router, auth::Authenticator& authenticator, io::Pool& pool);

}  // namespace nightshift::api
