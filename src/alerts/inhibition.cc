#include "alerts/inhibition.h"

namespace nightshift::alerts {

std::string Inhibitor::key_of(const InhibitRule& rule, const Alert& alert) {
    std::string key(alert.tenant);
    key += '\x1d';
    key += alert.labels.only(rule.equal).packed();
    return key;
}

void Inhibitor::add(const Alert& alert) {
    for (size_t i = 0; i < rules_.size(); ++i) {
        if (!match_all(rules_[i].source, alert.labels)) continue;
        sources_[i][key_of(rules_[i], alert)][alert.fingerprint()] =
            Source{alert.ends, match_all(rules_[i].target, alert.labels)};
    }
}

void Inhibitor::remove(const Alert& alert) {
    for (size_t i = 0; i < rules_.size(); ++i) {
        auto found = sources_[i].find(key_of(rules_[i], alert));
        if (found == sources_[i].end()) continue;
        found->second.erase(alert.fingerprint());
        if (found->second.empty()) sources_[i].erase(found);
    }
}

std::optional<uint64_t> Inhibitor::muted_by(const Alert& alert, Time now) const {
    for (size_t i = 0; i < rules_.size(); ++i) {
        if (sources_[i].empty() || !match_all(rules_[i].target, alert.labels)) continue;
        auto found = sources_[i].find(key_of(rules_[i], alert));
        if (found == sources_[i].end()) continue;
        bool is_source_too = match_all(rules_[i].source, alert.labels);
        for (const auto& [fingerprint, source] : found->second) {
            if (source.ends <= now || (is_source_too && source.matches_target)) continue;
            return fingerprint;
        }
    }
    return std::nullopt;
}

}  // namespace nightshift::alerts
