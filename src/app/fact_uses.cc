#include "app/fact_uses.h"

#include <algorithm>
#include <boost/json.hpp>

#include "app/json_at.h"

namespace nightshift::app {
namespace {

namespace json = boost::json;

constexpr size_t kBadMin = 2;  // so few may be bad by chance

struct ActionUses {
    Uses& uses;

    void operator()(const jobs::Command&) const {}
    void operator()(const jobs::HttpAction&) const {}
    void operator()(const jobs::AgentAction& action) const {
        uses.insert("source openclaw/" + action.source);
    }
    void operator()(const jobs::CronRunAction& action) const {
        uses.insert("source openclaw/" + action.source);
    }
    void operator()(const jobs::PromptAction& action) const {
        if (action.url.empty()) uses.insert("route " + action.model);
    }
    void operator()(const jobs::WatchAction& action) const {
        if (!action.openclaw_id.empty()) uses.insert("source openclaw/" + action.openclaw_source);
    }
};

}  // namespace

bool is_use(const Uses& uses, const std::string& reference) {
    return uses.contains(reference) ||
           (reference.starts_with("source openclaw/") && uses.contains("source openclaw/"));
}

Uses uses_of(const jobs::Job& job) {
    Uses uses;
    std::visit(ActionUses{uses}, job.action);
    for (const jobs::DeliverySpec& each : job.deliveries) uses.insert("channel " + each.channel);
    return uses;
}

Uses uses_of_fleet(std::string_view fleet_json) {
    json::error_code error;
    json::value root = json::parse(fleet_json, error);
    if (error) return {};
    Uses uses;
    std::string source = text_at(root, "source");
    std::string model = text_at(root, "model");
    if (!source.empty()) uses.insert("source " + source);
    if (!model.empty()) uses.insert("route " + model);
    return uses;
}

void mark_own(std::vector<incidents::DependencyFact>& dependencies, const Uses& uses) {
    for (incidents::DependencyFact& each : dependencies)
        each.is_its_own = is_use(uses, each.kind + " " + each.name);
}

std::vector<std::string> shared_by_the_bad(const Uses& own, const std::vector<Peer>& peers) {
    std::vector<std::string> shared;
    for (const std::string& use : own) {
        size_t users = 0, bad_users = 0, others = 0, bad_others = 0;
        for (const Peer& each : peers) {
            bool is_user = is_use(each.uses, use);
            ++(is_user ? users : others);
            if (each.is_bad) ++(is_user ? bad_users : bad_others);
        }
        // All that are bad share it: that is what people read. Where nobody else can be compared with, all
        // that is seen is that they are bad.
        bool is_telling = bad_users >= kBadMin && bad_users * 2 > users && others > 0 && bad_others == 0;
        if (is_telling) shared.push_back(use);
    }
    return shared;
}

}  // namespace nightshift::app
