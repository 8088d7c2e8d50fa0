#include "api/live.h"

namespace nightshift::api {

void add_live_route(Router& router, live::Hub& hub) {
    router.add(
        {net::Method::kGet, "/api/v1/live", Access::scoped(auth::Scope::kRead),
         immediate([&hub](const Call& call) { return hub.connect(call.request, call.principal.tenant); })});
}

}  // namespace nightshift::api
