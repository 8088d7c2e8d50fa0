#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/gateway.h"
#include "net/client.h"
#include "net/server_for_test.h"

// For tests only: an upstream that behaves as the model's name says, a gateway before it, and a client.
namespace nightshift::gateway {

inline std::string chat_chunk(std::string_view delta, std::string_view finish = "null") {
    return fmt::format(
        R"(data: {{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{{{}}},"finish_reason":{}}}]}})"
        "\n\n",
        delta, finish);
}

inline std::string text_chunk(std::string_view text) {
    return chat_chunk(fmt::format(R"("content":"{}")", text));
}

// One server that plays all providers. The model in the request's body chooses what it does.
class UpstreamForTest {
public:
    UpstreamForTest() {
        handler_.limit = [](const net::RequestHead&) { return 8u << 20; };
        handler_.answer = [this](net::Request request) { return answer(std::move(request)); };
        server_ = std::make_unique<net::ServerForTest>(handler_);
    }
    std::string url() const { return server_->url("/v1"); }
    int requests(const std::string& model) {
        std::lock_guard lock(mutex_);
        return requests_[model];
    }
    net::Request last() {
        std::lock_guard lock(mutex_);
        return last_;
    }
    uint64_t connections() const { return server_->server().stats().connections_total; }
    std::atomic<int> gone_clients = 0;

private:
    static std::string model_of(const std::string& body) {
        size_t at = body.find("\"model\":\"") + 9;
        return body.substr(at, body.find('"', at) - at);
    }
    static net::Response error(int status, std::string_view code, std::string_view retry_after = "") {
        net::Response response = net::Response::json(
            status,
            fmt::format(R"({{"error":{{"message":"it says {0}","type":"{0}","param":null,"code":"{0}"}}}})",
                        code));
        if (!retry_after.empty()) response.headers.add("Retry-After", retry_after);
        return response;
    }

    Task<net::Response> answer(net::Request request) {
        const std::string model = model_of(request.body);
        const bool is_stream = request.body.find("\"stream\":true") != std::string::npos;
        {
            std::lock_guard lock(mutex_);
            ++requests_[model];
            last_ = request;
        }
        if (model.starts_with("status-")) co_return error(std::stoi(model.substr(7)), "some_error");
        if (model == "limited") co_return error(429, "rate_limit_exceeded", "30");
        if (model == "overflow") co_return error(400, "context_length_exceeded");
        if (model == "caller") co_return error(400, "invalid_request_error");
        if (model == "badkey") co_return error(401, "invalid_api_key");
        if (model == "hang") {
            co_await io::sleep_for(std::chrono::seconds(5));
            co_return error(500, "too_late");
        }
        if (model == "garbage") co_return net::Response::json(200, "{\"choices\":[{");
        if (is_stream) {
            net::Response response;
            response.headers.add("Content-Type", "text/event-stream");
            response.stream_keeps_connection = true;
            auto watch = request.watch_client;
            watch([this] { ++gone_clients; });
            response.stream = [model](net::ByteStream& out) { return stream(model, out); };
            co_return response;
        }
        co_return net::Response::json(
            200, R"({"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,)"
                 R"("message":{"role":"assistant","content":"good answer"},"finish_reason":"stop"}],)"
                 R"("usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150}})");
    }

    static void say(net::ByteStream& out, std::string text) {
        out.offer(std::make_shared<const std::string>(std::move(text)), SIZE_MAX);
    }

    static Task<> stream(std::string model, net::ByteStream& out) {
        say(out, chat_chunk(R"("role":"assistant")"));
        if (model == "error-first") {
            say(out,
                "data: "
                "{\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"param\":null,\"code\":"
                "null}}\n\n");
            co_return;
        }
        if (model == "empty") co_return;
        for (int i = 0; i < 3; ++i) {
            say(out, text_chunk(fmt::format("word{} ", i)));
            co_await io::sleep_for(std::chrono::milliseconds(2));
        }
        if (model == "reset") co_return out.abort();
        if (model == "eof") co_return;
        if (model == "stall") co_await io::sleep_for(std::chrono::seconds(5));
        if (model == "error-later") {
            say(out,
                "data: {\"error\":{\"message\":\"broken "
                "inside\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n");
            co_return;
        }
        if (model == "burst") {
            std::string all;
            for (int i = 0; i < 8'000; ++i) all += text_chunk("more ");
            say(out, std::move(all));
        }
        if (model == "endless") {
            while (out.is_open()) {
                say(out, text_chunk("more "));
                co_await io::sleep_for(std::chrono::microseconds(200));
            }
            co_return;
        }
        say(out, chat_chunk("", "\"stop\""));
        say(out,
            "data: "
            "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[]"
            ","
            "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50,\"total_tokens\":150}}\n\n");
        say(out, "data: [DONE]\n\n");
    }

    net::FunctionHandler handler_;
    std::mutex mutex_;
    std::map<std::string, int> requests_;
    net::Request last_;
    std::unique_ptr<net::ServerForTest> server_;
};

// What a client got: the status and headers, the body as far as it came, and whether it came whole.
struct Got {
    int status = 0;
    net::Headers headers;
    std::string body;
    bool is_whole = true;
};

class GatewayForTest {
public:
    explicit GatewayForTest(Settings settings, store::Writer* writer = nullptr) {
        handler_.limit = [](const net::RequestHead&) { return Gateway::kRequestBytesMax; };
        handler_.answer = [this](net::Request request) { return answer(std::move(request)); };
        server_ = std::make_unique<net::ServerForTest>(handler_);
        number_lanes(settings);
        set_deadlines(settings);
        auto record = [this](std::shared_ptr<recorder::EventBatch> batch) {
            std::lock_guard lock(mutex_);
            batches_.push_back(std::move(batch));
        };
        auto started = Gateway::start({{&server_->loop()}, clock_, record, writer}, std::move(settings));
        NS_ASSERT(started.has_value());
        gateway_ = std::move(*started);
    }
    ~GatewayForTest() { server_->server().stop(); }

    Got call(const std::string& model, bool is_stream = false, const std::string& more = "",
             const std::string& path = "/v1/chat/completions") {
        return call_with(
            fmt::format(R"({{"model":"{}","stream":{},"messages":[{{"role":"user","content":"hi"}}]{}}})",
                        model, is_stream, more),
            path);
    }
    Got call_with(std::string body, const std::string& path = "/v1/chat/completions") {
        net::ClientRequest request;
        request.method = net::Method::kPost;
        request.url = server_->url(path);
        request.body = std::move(body);
        Got got;
        request.on_body = [&got](std::string_view piece) {
            got.body += piece;
            return true;
        };
        auto fetched = net::fetch_blocking(std::move(request));
        got.is_whole = fetched.has_value();
        if (!fetched) return got;
        got.status = fetched->status;
        got.headers = fetched->headers;
        return got;
    }
    uint16_t port() const { return server_->port(); }
    Gateway& gateway() { return *gateway_; }
    // After stop(): all events.
    std::vector<recorder::Event> events() {
        std::lock_guard lock(mutex_);
        std::vector<recorder::Event> all;
        for (const auto& batch : batches_) all.insert(all.end(), batch->events.begin(), batch->events.end());
        return all;
    }
    void stop() {
        server_->server().stop();
        gateway_->stop();
    }

private:
    Task<net::Response> answer(net::Request request) {
        const Dialect dialect = dialect_of_path(request.path).value_or(Dialect::kChat);
        CallRequest call{dialect, std::move(request), "default", "tester"};
        net::Response response = co_await gateway_->handle(std::move(call));
        co_return response;
    }

    SystemClock clock_;
    net::FunctionHandler handler_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<recorder::EventBatch>> batches_;
    std::unique_ptr<net::ServerForTest> server_;
    std::unique_ptr<Gateway> gateway_;
};

}  // namespace nightshift::gateway
