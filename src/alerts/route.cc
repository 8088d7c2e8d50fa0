#include "alerts/route.h"

namespace nightshift::alerts {
namespace {

void collect(const Route& route, const Labels& labels, std::vector<const Route*>& found) {
    size_t before = found.size();
    for (const Route& branch : route.branches) {
        if (!match_all(branch.matchers, labels)) continue;
        collect(branch, labels, found);
        if (!branch.is_continued) break;
    }
    if (found.size() == before) found.push_back(&route);
}

}  // namespace

std::vector<const Route*> find_routes(const Route& root, const Labels& labels) {
    std::vector<const Route*> found;
    collect(root, labels, found);
    return found;
}

Labels group_labels(const RouteOptions& options, const Labels& labels) {
    if (options.group_by.size() == 1 && options.group_by[0] == "...") return labels;
    return labels.only(options.group_by);
}

}  // namespace nightshift::alerts
