#include "cli/drills/imposter.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/client.h"
#include "cli/json.h"

namespace nightshift::cli::drills {

namespace json = boost::json;

class Imposter::Handler final : public net::Handler {
public:
    explicit Handler(Answer answer) : answer_(std::move(answer)) {}

    size_t body_bytes_max(const net::RequestHead&) const override { return 4u << 20; }

    Task<net::Response> handle(net::Request request) override {
        Seen seen{now_ms(), std::string(net::to_string(request.method)), request.path,
                  std::move(request.body), std::string(request.headers.get("webhook-id"))};
        {
            std::lock_guard lock(mutex_);
            seen_.push_back(seen);
        }
        co_return answer_(seen);
    }

    std::vector<Seen> seen() const {
        std::lock_guard lock(mutex_);
        return seen_;
    }

private:
    const Answer answer_;
    mutable std::mutex mutex_;
    std::vector<Seen> seen_;
};

Imposter::Imposter(Answer answer)
    : handler_(std::make_unique<Handler>(std::move(answer))), loop_(std::make_unique<io::Loop>("imposter")) {}

Imposter::~Imposter() {
    die();
}

Result<std::unique_ptr<Imposter>> Imposter::start(Answer answer, uint16_t port) {
    std::unique_ptr<Imposter> imposter(new Imposter(std::move(answer)));
    imposter->port_ = port;
    if (auto listening = imposter->revive(); !listening) return Failure(listening.error());
    return imposter;
}

Result<void> Imposter::revive() {
    net::ServerOptions options;
    options.listen = {net::Address{"127.0.0.1", port_}};
    NS_TRY(server_, net::Server::start({loop_.get()}, std::move(options), *handler_));
    port_ = server_->ports().front();
    return {};
}

void Imposter::die() {
    if (server_) server_->stop(std::chrono::milliseconds(0));
    server_.reset();
}

std::string Imposter::url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<Imposter::Seen> Imposter::seen() const {
    return handler_->seen();
}

std::vector<Message> messages_of(const Imposter& channel) {
    std::vector<Message> all;
    for (const Imposter::Seen& each : channel.seen()) {
        json::error_code error;
        json::value body = json::parse(each.body, error);
        const json::value* data = !error && body.is_object() ? body.as_object().if_contains("data") : nullptr;
        if (data == nullptr || !data->is_object()) continue;
        const json::object& told = data->as_object();
        Message message;
        message.at_ms = each.at_ms;
        message.id = each.webhook_id;
        message.mode = text_at(told, "mode");
        message.thread = text_at(told, "thread");
        message.severity = text_at(told, "severity");
        message.subject = text_at(told, "subject");
        message.text = text_at(told, "text");
        const json::value* is_resolution = told.if_contains("is_resolution");
        message.is_resolution =
            is_resolution != nullptr && is_resolution->is_bool() && is_resolution->as_bool();
        all.push_back(std::move(message));
    }
    return all;
}

std::vector<Message> posts_of(const Imposter& channel) {
    std::vector<Message> all = messages_of(channel);
    std::erase_if(all, [](const Message& each) { return each.mode != "post"; });
    return all;
}

Imposter::Answer accepts() {
    return [](const Imposter::Seen& seen) {
        return net::Response::json(200, fmt::format(R"({{"id":"taken-{}"}})", seen.webhook_id));
    };
}

Imposter::Answer answers(int status, std::string json) {
    return
        [status, json = std::move(json)](const Imposter::Seen&) { return net::Response::json(status, json); };
}

}  // namespace nightshift::cli::drills
