#include "ingest/openclaw/fake_gateway.h"

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

#include "ingest/openclaw/json.h"

namespace nightshift::ingest::openclaw::testing {

namespace json = boost::json;

FakeGateway::FakeGateway() {
    net::ServerOptions options;
    options.listen.push_back({"127.0.0.1", 0});
    auto started = net::Server::start({&loop_}, std::move(options), *this);
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
}

FakeGateway::~FakeGateway() {
    server_->stop(std::chrono::milliseconds(0));
}

std::string FakeGateway::url() const {
    return fmt::format("ws://127.0.0.1:{}", server_->ports().front());
}

void FakeGateway::answer(const std::string& method, std::string payload, std::string error) {
    std::lock_guard lock(mutex_);
    answers_[method] = {std::move(payload), std::move(error), true};
}

void FakeGateway::never_answer(const std::string& method) {
    std::lock_guard lock(mutex_);
    answers_[method].is_given = false;
}

void FakeGateway::boot(std::string id) {
    std::lock_guard lock(mutex_);
    boot_id_ = std::move(id);
}

void FakeGateway::send(std::string frame) {
    loop_.post([this, frame = net::encode_text_frame(frame)] {
        for (net::WebSocket* socket : sockets_) socket->offer(frame, SIZE_MAX);
    });
}

void FakeGateway::drop_connections() {
    net::ServerOptions options;
    options.listen.push_back({"127.0.0.1", server_->ports().front()});
    server_->stop(std::chrono::milliseconds(0));
    auto started = net::Server::start({&loop_}, std::move(options), *this);
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
}

int FakeGateway::calls(const std::string& method) const {
    std::lock_guard lock(mutex_);
    auto found = calls_.find(method);
    return found == calls_.end() ? 0 : found->second;
}

int FakeGateway::connections() const {
    return calls("connect");
}

std::vector<std::string> FakeGateway::scopes() const {
    std::lock_guard lock(mutex_);
    return scopes_;
}

Task<net::Response> FakeGateway::handle(net::Request) {
    net::Response response;
    response.websocket = [this](net::WebSocket& socket) { return serve(socket); };
    co_return response;
}

Task<> FakeGateway::serve(net::WebSocket& socket) {
    struct Listed {
        Listed(std::vector<net::WebSocket*>& all, net::WebSocket* one) : sockets(all), own(one) {
            all.push_back(one);
        }
        ~Listed() { sockets.erase(std::remove(sockets.begin(), sockets.end(), own), sockets.end()); }
        std::vector<net::WebSocket*>& sockets;
        net::WebSocket* own;
    };
    Result<void> sent = co_await socket.send_text(
        R"({"type":"event","event":"connect.challenge","payload":{"nonce":"n","ts":1}})");
    Listed listed(sockets_, &socket);
    while (sent) {
        auto message = co_await socket.receive();
        if (!message) co_return;
        std::string answer = reply(message->data);
        if (!answer.empty()) sent = co_await socket.send_text(answer);
    }
}

std::string FakeGateway::reply(const std::string& frame) {
    json::value value = json::parse(frame);
    const json::object& request = value.as_object();
    std::string method(text(request, "method"));
    std::string id(text(request, "id"));
    std::lock_guard lock(mutex_);
    calls_[method]++;
    Answer answer = answers_[method];
    if (method == "connect" && answer.error.empty()) {
        const json::array& asked = items(child(request, "params"), "scopes");
        std::string scopes = json::serialize(asked);
        scopes_.push_back(scopes);
        answer.payload = fmt::format(
            R"({{"type":"hello-ok","protocol":4,"server":{{"version":"9","bootId":"{}"}},"features":{{"methods":[]}},)"
            R"("snapshot":{{"uptimeMs":60000}},"auth":{{"scopes":{}}}}})",
            boot_id_, scopes);
    }
    if (!answer.is_given) return {};
    if (!answer.error.empty())
        return fmt::format(R"({{"type":"res","id":"{}","ok":false,"error":{}}})", id, answer.error);
    return fmt::format(R"({{"type":"res","id":"{}","ok":true,"payload":{}}})", id, answer.payload);
}

}  // namespace nightshift::ingest::openclaw::testing
