#pragma once

#include <string_view>

#include "api/router.h"

namespace nightshift::api {

// src/api/openapi.json, linked into the program.
std::string_view openapi_document();

void add_openapi_route(Router& router);

}  // namespace nightshift::api
