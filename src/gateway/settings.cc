#include "gateway/settings.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

namespace nightshift::gateway {

const Route* Settings::find_route(std::string_view name) const {
    const Route* best = nullptr;
    for (const Route& route : routes) {
        if (route.name == name) return &route;
        if (!route.name.ends_with('*')) continue;
        const std::string_view prefix = std::string_view(route.name).substr(0, route.name.size() - 1);
        const bool is_longer = best == nullptr || route.name.size() > best->name.size();
        if (name.starts_with(prefix) && is_longer) best = &route;
    }
    return best;
}

const ProviderSpec* Settings::find_provider(std::string_view name) const {
    auto found =
        std::find_if(providers.begin(), providers.end(), [&](const auto& each) { return each.name == name; });
    return found != providers.end() ? &*found : nullptr;
}

bool operator==(const ExportSpec& a, const ExportSpec& b) {
    return a.url == b.url && a.every == b.every && a.spans == b.spans && a.metrics == b.metrics &&
           std::equal(a.headers.begin(), a.headers.end(), b.headers.begin(), b.headers.end(),
                      [](const auto& x, const auto& y) {
                          return x.first == y.first && x.second.reveal() == y.second.reveal();
                      });
}

void set_deadlines(Settings& settings) {
    constexpr milliseconds kDeadlineMin{30'000};
    for (Route& route : settings.routes) {
        milliseconds first_tokens{0};
        milliseconds answers{0};
        for (const Target& target : route.targets) {
            first_tokens += target.timeouts.first_token;
            answers += target.timeouts.answer;
        }
        if (route.deadline.count() == 0) route.deadline = std::max(kDeadlineMin, first_tokens);
        route.answer_deadline = std::max(route.deadline, answers);
    }
}

std::string model_at(const Route& route, const Target& target, std::string_view asked) {
    if (target.model != "*" || !route.name.ends_with('*')) return target.model;
    return std::string(asked.substr(std::min(route.name.size() - 1, asked.size())));
}

size_t lane_count(const ProviderSpec& provider) {
    return std::max<size_t>(1, provider.keys.size());
}

void number_lanes(Settings& settings) {
    std::map<std::pair<size_t, std::string>, size_t> known;
    settings.lanes = 0;
    for (Route& route : settings.routes) {
        for (Target& target : route.targets) {
            auto [at, is_new] = known.try_emplace({target.provider, target.model}, settings.lanes);
            target.models = target.model == "*" ? kWildcardLanes : 1;
            if (is_new) settings.lanes += lane_count(settings.providers[target.provider]) * target.models;
            target.lane = at->second;
        }
    }
}

size_t first_lane(const Target& target, size_t key) {
    return target.lane + key * target.models;
}

size_t lane_of(const Target& target, size_t key, std::string_view model) {
    const size_t lane = first_lane(target, key);
    return target.models == 1 ? lane : lane + XXH3_64bits(model.data(), model.size()) % target.models;
}

std::vector<std::string> lane_names(const Settings& settings) {
    std::vector<std::string> names(settings.lanes);
    for (const Route& route : settings.routes) {
        for (const Target& target : route.targets) {
            const ProviderSpec& provider = settings.providers[target.provider];
            for (size_t key = 0; key < lane_count(provider); ++key) {
                const std::string secret = key < provider.keys.size() ? provider.keys[key].reveal() : "";
                for (size_t model = 0; model < target.models; ++model) {
                    names[first_lane(target, key) + model] =
                        fmt::format("{}\n{}\n{}\n{}\n{:x}", provider.name, provider.url, target.model, model,
                                    XXH3_64bits(secret.data(), secret.size()));
                }
            }
        }
    }
    return names;
}

std::string_view to_string(LimitScope scope) {
    switch (scope) {
        case LimitScope::kTenant:
            return "tenant";
        case LimitScope::kTeam:
            return "team";
        case LimitScope::kAgent:
            return "agent";
        case LimitScope::kSession:
            return "session";
    }
    return "tenant";
}

std::string_view to_string(LimitWindow window) {
    switch (window) {
        case LimitWindow::kMinute:
            return "minute";
        case LimitWindow::kHour:
            return "hour";
        case LimitWindow::kDay:
            return "day";
        case LimitWindow::kMonth:
            return "month";
    }
    return "day";
}

}  // namespace nightshift::gateway
