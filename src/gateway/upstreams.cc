#include "gateway/upstreams.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstdlib>

#include "base/text.h"

namespace nightshift::gateway {
namespace {

std::string variable(const char* lower, const char* upper) {
    for (const char* name : {lower, upper}) {
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    }
    return "";
}

bool is_exempt(std::string_view host, std::string_view list) {
    for (std::string_view each : split(list, ',')) {
        each = trim(each);
        each = each.substr(0, each.rfind(':') == std::string_view::npos ? each.size() : each.rfind(':'));
        if (each == "*") return true;
        if (each.starts_with('.')) each.remove_prefix(1);
        if (each.empty()) continue;
        if (equals_ignore_case(host, each)) return true;
        const bool is_below = host.size() > each.size() && host[host.size() - each.size() - 1] == '.';
        if (is_below && equals_ignore_case(host.substr(host.size() - each.size()), each)) return true;
    }
    return false;
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

ProxyEnvironment ProxyEnvironment::read() {
    // HTTP_PROXY in capitals may come from a request header in CGI programs, so it is not believed.
    return {variable("https_proxy", "HTTPS_PROXY"), variable("http_proxy", "http_proxy"),
            variable("no_proxy", "NO_PROXY")};
}

Result<std::optional<net::Url>> proxy_for(const net::Url& url, const ProxyEnvironment& environment) {
    std::string text = url.scheme == "https" ? environment.https : environment.http;
    if (text.empty() || is_loopback(url.host) || is_exempt(url.host, environment.none)) return std::nullopt;
    if (text.find("://") == std::string::npos) text.insert(0, "http://");
    auto proxy = net::parse_url(text);
    if (!proxy || proxy->scheme != "http")
        return fail(Code::kInvalid, "the environment's proxy for {} must look like http://host:port",
                    url.scheme);
    return std::optional(std::move(*proxy));
}

Result<std::vector<Origin>> find_origins(const Settings& settings, const ProxyEnvironment& environment) {
    std::vector<Origin> origins;
    for (const ProviderSpec& provider : settings.providers) {
        Origin origin;
        NS_TRY(origin.url, net::parse_url(provider.url));
        if (origin.url.target.ends_with('/')) origin.url.target.pop_back();
        NS_TRY(origin.proxy, proxy_for(origin.url, environment));
        origins.push_back(std::move(origin));
    }
    return origins;
}

Upstreams::Upstreams(const std::vector<Origin>& origins, Watchdogs& watchdogs, net::DialShare share)
    : share_(std::move(share)), watchdogs_(watchdogs) {
    for (const Origin& origin : origins) pools_.push_back({origin, {}});
    sweeper_ = std::make_unique<Watchdog>(watchdogs_, [this] { sweep(); });
}

std::unique_ptr<net::ClientConnection> Upstreams::take_idle(size_t provider) {
    std::vector<Idle>& idle = pools_[provider].idle;
    while (!idle.empty()) {
        auto connection = std::move(idle.back().connection);
        idle.pop_back();
        if (connection->is_quiet()) return connection;
    }
    return nullptr;
}

Task<Result<std::unique_ptr<net::ClientConnection>>> Upstreams::connect(size_t provider,
                                                                        milliseconds timeout) {
    auto executor = co_await boost::asio::this_coro::executor;
    const Origin origin = pools_[provider].origin;  // a copy: we may be replaced meanwhile
    const net::DialShare share = share_;
    ++connects_total_;
    net::Deadline deadline(executor, timeout);
    Result<std::shared_ptr<net::Transport>> dialed =
        co_await net::dial(origin.url, origin.proxy, share, deadline);
    if (!dialed) co_return Failure(dialed.error());
    co_return std::make_unique<net::ClientConnection>(std::move(*dialed));
}

void Upstreams::give_back(size_t provider, std::unique_ptr<net::ClientConnection> connection) {
    std::vector<Idle>& idle = pools_[provider].idle;
    if (!connection->is_reusable() || idle.size() >= kIdleMax) return;
    const Instant now = std::chrono::steady_clock::now();
    idle.push_back({std::move(connection), now});
    if (is_sweeping_) return;
    is_sweeping_ = true;
    sweeper_->set(now + kIdleFor);
}

void Upstreams::sweep() {
    const Instant now = std::chrono::steady_clock::now();
    is_sweeping_ = false;
    for (Pool& pool : pools_) {
        std::erase_if(pool.idle, [&](const Idle& each) { return now - each.since >= kIdleFor; });
        is_sweeping_ = is_sweeping_ || !pool.idle.empty();
    }
    if (is_sweeping_) sweeper_->set(now + kIdleFor / 4);
}

size_t Upstreams::idle() const {
    size_t total = 0;
    for (const Pool& pool : pools_) total += pool.idle.size();
    return total;
}

}  // namespace nightshift::gateway
