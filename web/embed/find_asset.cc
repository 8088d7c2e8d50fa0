#include <algorithm>
#include <string_view>

#include "api/assets.h"
#include "embed/table.h"

namespace nightshift::api {

namespace {

std::optional<Asset> find_file(std::string_view path) {
    const auto files = embedded_files();
    const auto at = std::lower_bound(
        files.begin(), files.end(), path,
        [](const EmbeddedFile& file, std::string_view wanted) { return file.path < wanted; });
    if (at == files.end() || at->path != path) return std::nullopt;
    return at->asset;
}

// A page of the UI rather than a file. Names of sessions, jobs and runs may hold dots, so there a dot says
// nothing.
bool is_page(std::string_view path) {
    for (std::string_view ours : {"/api/", "/v1/", "/assets/"}) {
        if (path.starts_with(ours)) return false;
    }
    for (std::string_view named : {"/session/", "/jobs/", "/run/"}) {
        if (path.starts_with(named)) return true;
    }
    return path.find('.') == std::string_view::npos;
}

}  // namespace

std::optional<Asset> find_asset(std::string_view path) {
    if (auto file = find_file(path)) return file;
    return is_page(path) ? find_file("/index.html") : std::nullopt;
}

}  // namespace nightshift::api
