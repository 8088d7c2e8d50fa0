#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/settings.h"
#include "gateway/watchdog.h"
#include "net/client.h"
#include "net/client_connection.h"
#include "net/dial.h"

namespace nightshift::gateway {

// Proxies as the environment names them: https_proxy, http_proxy, no_proxy, in capitals too.
struct ProxyEnvironment {
    std::string https;
    std::string http;
    std::string none;

    static ProxyEnvironment read();
};

// The proxy on the way to `url`, if there is one. kInvalid when the environment names one that is no URL.
Result<std::optional<net::Url>> proxy_for(const net::Url& url, const ProxyEnvironment& environment);

// Where a provider is reached.
struct Origin {
    net::Url url;  // its target is the base path, without a slash at the end
    std::optional<net::Url> proxy;
};
Result<std::vector<Origin>> find_origins(const Settings& settings, const ProxyEnvironment& environment);

// The connections of one loop to all providers: those not in use wait for the next call, at most kIdleMax a
// provider and for kIdleFor. Used and destroyed on its loop, or after it has stopped.
class Upstreams {
public:
    static constexpr size_t kIdleMax = 512;
    static constexpr std::chrono::seconds kIdleFor{20};

    Upstreams(const std::vector<Origin>& origins, Watchdogs& watchdogs, net::DialShare share);

    const Origin& origin(size_t provider) const { return pools_[provider].origin; }
    // One that is still usable, or null.
    std::unique_ptr<net::ClientConnection> take_idle(size_t provider);
    // kTimeout, kUnavailable; kForbidden from a proxy.
    Task<Result<std::unique_ptr<net::ClientConnection>>> connect(size_t provider, milliseconds timeout);
    // For the next call, when it can serve one.
    void give_back(size_t provider, std::unique_ptr<net::ClientConnection> connection);

    uint64_t connects_total() const { return connects_total_; }
    size_t idle() const;

private:
    struct Idle {
        std::unique_ptr<net::ClientConnection> connection;
        Instant since;
    };
    struct Pool {
        Origin origin;
        std::vector<Idle> idle;  // the one used last is taken first
    };
    void sweep();

    std::vector<Pool> pools_;
    net::DialShare share_;
    Watchdogs& watchdogs_;
    std::unique_ptr<Watchdog> sweeper_;
    bool is_sweeping_ = false;
    uint64_t connects_total_ = 0;
};

}  // namespace nightshift::gateway
