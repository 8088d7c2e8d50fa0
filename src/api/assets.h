#pragma once

#include <optional>
#include <string_view>

namespace nightshift::api {

// One file of the web UI, linked into the program; the views live as long as it.
struct Asset {
    std::string_view content_type;
    std::string_view etag;      // quoted, strong
    std::string_view gzip;      // compressed at build time
    std::string_view identity;  // as it is
    bool is_immutable = false;  // its name carries a hash of its content
};

// "/" is index.html; so is every path without a dot, because the UI routes by path. Defined by
// web/CMakeLists.txt.
std::optional<Asset> find_asset(std::string_view path);

}  // namespace nightshift::api
