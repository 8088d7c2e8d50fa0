#include "app/ping_keys.h"

#include <fmt/format.h>

#include "jobs/evidence/text_file.h"

namespace nightshift::app {

// 128 bits of a keyed hash, in the form that tools for pings expect.
std::string PingKeys::derive(const std::string& name) const {
    std::string hash = jobs::evidence::sha256_of(secret_ + name);
    std::string_view hex = hash;
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20, 12));
}

std::string PingKeys::key_of(const jobs::Job& job) const {
    if (!job.ping_key.empty()) return job.ping_key;
    return derive("job\n" + job.tenant + "\n" + job.name);
}

std::string PingKeys::key_of_tenant(const std::string& tenant) const {
    return derive("tenant\n" + tenant);
}

void PingKeys::learn(const std::vector<jobs::JobPtr>& jobs) {
    std::lock_guard lock(mutex_);
    for (const jobs::JobPtr& job : jobs) {
        if (!job->is_watched()) continue;
        jobs_[key_of(*job)] = {job->tenant, job->name};
        tenants_[key_of_tenant(job->tenant)] = job->tenant;
    }
}

std::optional<std::pair<std::string, std::string>> PingKeys::find(const std::string& key,
                                                                  const std::string& slug) const {
    std::lock_guard lock(mutex_);
    if (!slug.empty()) {
        auto tenant = tenants_.find(key);
        if (tenant == tenants_.end()) return std::nullopt;
        return std::pair(tenant->second, slug);
    }
    auto job = jobs_.find(key);
    if (job == jobs_.end()) return std::nullopt;
    return job->second;
}

}  // namespace nightshift::app
