#include "app/nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "io/periodic.h"
#include "net/client.h"

namespace nightshift::app {
namespace {

namespace json = boost::json;

constexpr seconds kAskEvery{2};
constexpr milliseconds kAnswerWithin{2'000};
constexpr seconds kWordHolds{10};  // heard longer ago, it is taken for gone
constexpr size_t kAnswerBytesMax = 4u << 20;

}  // namespace

Nodes::Nodes(io::Loop& loop, const Clock& clock, NodesConfig config)
    : clock_(clock), config_(std::move(config)), tasks_(loop, "nodes") {}

void Nodes::start() {
    if (config_.others.empty()) return;
    io::start_periodic(tasks_, {"nodes", kAskEvery, [this] { return ask_all(); }});
}

seconds Nodes::first_wait() const {
    auto before = std::count_if(config_.others.begin(), config_.others.end(),
                                [&](const NodesConfig::Other& each) { return each.name < config_.name; });
    return config_.wait * before;
}

std::string Nodes::deals_with(const std::string& tenant, const std::string& key) const {
    Time now = clock_.now();
    std::lock_guard lock(mutex_);
    for (const auto& [node, word] : words_) {
        bool counts = node < config_.name && word.tenant == tenant && now - word.heard < kWordHolds;
        if (counts && word.keys.contains(key)) return node;
    }
    return "";
}

std::vector<api::Failing> Nodes::failing() const {
    std::lock_guard lock(mutex_);
    std::vector<api::Failing> all;
    for (const auto& [node, word] : words_) {
        if (!word.error.empty())
            all.push_back({"node " + node, word.error, unix_ms(word.failing_since), false});
    }
    return all;
}

Task<> Nodes::ask_all() {
    for (const NodesConfig::Other& each : config_.others) {
        tasks_.spawn([this, each] { return ask(each); });
    }
    co_return;
}

Task<> Nodes::ask(NodesConfig::Other other) {
    net::ClientRequest request{.url = other.url + "/api/v1/incidents/dealt_with"};
    request.headers.set("Authorization", "Bearer " + std::string(other.token.reveal()));
    request.timeout = kAnswerWithin;
    request.body_bytes_max = kAnswerBytesMax;
    Result<net::ClientResponse> answer = co_await net::fetch(std::move(request));
    Result<Word> word = fail(Code::kUnavailable, "it cannot be asked what it deals with");
    if (!answer) {
        word = Failure(answer.error());
    } else if (answer->status != 200) {
        word = fail(Code::kUnavailable, "it answered {}", answer->status);
    } else {
        word = read(answer->body);
    }
    std::lock_guard lock(mutex_);
    Word& known = words_[other.name];
    if (word) {
        known = std::move(*word);
        co_return;
    }
    if (known.error.empty()) known.failing_since = clock_.now();
    known.error = fmt::format("{} cannot be asked: {}", other.url, word.error().message);
}

Result<Nodes::Word> Nodes::read(const std::string& body) const {
    json::error_code error;
    json::value parsed = json::parse(body, error);
    const json::object* object = parsed.if_object();
    const json::value* tenant = object == nullptr ? nullptr : object->if_contains("tenant");
    const json::value* keys = object == nullptr ? nullptr : object->if_contains("keys");
    if (error || tenant == nullptr || !tenant->is_string() || keys == nullptr || !keys->is_array())
        return fail(Code::kInvalid, "its answer is not what a Nightshift says");
    Word word{.tenant = std::string(tenant->as_string()), .keys = {}, .heard = clock_.now(), .error = {}};
    for (const json::value& each : keys->as_array()) {
        if (each.is_string()) word.keys.emplace(each.as_string());
    }
    return word;
}

}  // namespace nightshift::app
