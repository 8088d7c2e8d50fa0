#include "api/openapi.h"

// The assembler finds the file through the include path; CMake rebuilds this file when it changes.
asm(R"(
    .section .rodata
    .global nightshift_openapi_begin
    .global nightshift_openapi_end
nightshift_openapi_begin:
    .incbin "api/openapi.json"
nightshift_openapi_end:
    .text
)");

extern const char nightshift_openapi_begin[];
extern const char nightshift_openapi_end[];

namespace nightshift::api {

std::string_view openapi_document() {
    return {nightshift_openapi_begin, static_cast<size_t>(nightshift_openapi_end - nightshift_openapi_begin)};
}

void add_openapi_route(Router& router) {
    router.add({net::Method::kGet, "/openapi.json", Access::open(), immediate([](const Call&) {
                    return net::Response::json(200, std::string(openapi_document()));
                })});
}

}  // namespace nightshift::api
