#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/job.h"

namespace nightshift::app {

// Which job a ping key names. Each watched job has a key that looks like a UUID, and each tenant one under
// which its jobs are slugs; both are derived from a secret of this installation, unless the job names its
// own. Any thread.
class PingKeys {
public:
    explicit PingKeys(std::string secret) : secret_(std::move(secret)) {}

    // From now on these jobs are known too.
    void learn(const std::vector<jobs::JobPtr>& jobs);
    // Tenant and job; with a slug, `key` is the tenant's. Nothing: nobody's.
    std::optional<std::pair<std::string, std::string>> find(const std::string& key,
                                                            const std::string& slug) const;

    std::string key_of(const jobs::Job& job) const;
    std::string key_of_tenant(const std::string& tenant) const;

private:
    std::string derive(const std::string& name) const;

    std::string secret_;
    mutable std::mutex mutex_;
    std::map<std::string, std::pair<std::string, std::string>> jobs_;  // by key
    std::map<std::string, std::string> tenants_;                       // by key
};

}  // namespace nightshift::app
