#include "delivery/channels/settings.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace nightshift::delivery {

Result<void> check_options(const ChannelSpec& spec, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : spec.options) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        auto near = nearest(name, std::vector<std::string_view>(known));
        return fail(Code::kInvalid, "channel {}: {} has no option {}{}", spec.name, to_string(spec.kind),
                    name, near ? fmt::format("; did you mean {}?", *near) : "");
    }
    return {};
}

std::string option(const ChannelSpec& spec, std::string_view name) {
    auto found = spec.options.find(std::string(name));
    return found == spec.options.end() ? "" : found->second;
}

Result<void> require_token(const ChannelSpec& spec, std::string_view what) {
    if (spec.token.is_empty())
        return fail(Code::kInvalid, "channel {}: token is missing: {}", spec.name, what);
    // What would end a header or a path is no token of anybody.
    auto is_bad = [](unsigned char c) { return c <= 0x20 || c >= 0x7f; };
    if (std::any_of(spec.token.reveal().begin(), spec.token.reveal().end(), is_bad)) {
        return fail(Code::kInvalid, "channel {}: token has blanks or control characters", spec.name);
    }
    return {};
}

Result<std::optional<int64_t>> number_option(const ChannelSpec& spec, std::string_view name, int64_t min,
                                             int64_t max) {
    std::string text = option(spec, name);
    if (text.empty()) return std::nullopt;
    auto number = parse_int(text);
    if (!number || *number < min || *number > max) {
        return fail(Code::kInvalid, "channel {}: option {} is a whole number from {} to {}", spec.name, name,
                    min, max);
    }
    return number;
}

Result<bool> flag_option(const ChannelSpec& spec, std::string_view name) {
    std::string text = option(spec, name);
    if (text.empty() || text == "false") return false;
    if (text == "true") return true;
    return fail(Code::kInvalid, "channel {}: option {} is true or false", spec.name, name);
}

Result<void> require_target(const ChannelSpec& spec, std::string_view what) {
    if (trim(spec.target).empty()) {
        return fail(Code::kInvalid, "channel {}: target is missing: {}", spec.name, what);
    }
    return {};
}

Result<std::string> base_url(const ChannelSpec& spec, std::string_view otherwise) {
    std::string url = spec.url.is_empty() ? std::string(otherwise) : spec.url.reveal();
    while (url.ends_with('/')) url.pop_back();
    auto parsed = net::parse_url(url);
    // The text itself may be a credential: the message must not repeat it.
    if (!parsed || (parsed->scheme != "https" && parsed->scheme != "http")) {
        return fail(Code::kInvalid, "channel {}: url is missing or no http(s) address", spec.name);
    }
    return url;
}

std::string iso_time(Time time) {
    time_t seconds = unix_ms(time) / 1000;
    tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    size_t size = ::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), size};
}

std::string with_query(std::string url, std::string_view name, std::string_view value) {
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += name;
    url += '=';
    url += percent_encode(value);
    return url;
}

std::string with_path(const std::string& url, std::string_view path) {
    size_t query = std::min(url.find('?'), url.size());
    std::string out = url.substr(0, query);
    out += path;
    return out + url.substr(query);
}

net::ClientRequest json_post(const ChannelSpec& spec, std::string url, std::string body) {
    net::ClientRequest request;
    request.method = net::Method::kPost;
    request.url = std::move(url);
    request.headers.add("Content-Type", "application/json; charset=utf-8");
    request.headers.add("User-Agent", "nightshift");
    request.body = std::move(body);
    request.timeout = spec.timeout;
    return request;
}

}  // namespace nightshift::delivery
