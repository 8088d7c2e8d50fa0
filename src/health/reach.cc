#include "health/reach.h"

#include <set>

#include "net/client.h"

namespace nightshift::health {
namespace {

constexpr size_t kHostsMin = 3;
constexpr std::chrono::minutes kContactCounts{10};

}  // namespace

bool is_this_machine(std::string_view host) {
    return host == "localhost" || host.starts_with("127.") || host == "::1";
}

bool is_cut_off(const std::vector<Contact>& contacts, Time now) {
    std::set<std::string_view> hosts;
    for (const Contact& each : contacts) {
        if (is_this_machine(each.host) || now - each.at > kContactCounts) continue;
        if (each.is_reached) return false;
        hosts.insert(each.host);
    }
    return hosts.size() >= kHostsMin;
}

std::string host_of(const Question& question) {
    if (const auto* tcp = std::get_if<TcpQuestion>(&question)) return tcp->host;
    const auto* http = std::get_if<HttpQuestion>(&question);
    if (http == nullptr) return "";
    Result<net::Url> url = net::parse_url(http->url);
    return url ? url->host : "";
}

}  // namespace nightshift::health
