#include "jobs/runner/prompt_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "net/client.h"

namespace nightshift::jobs {

namespace json = boost::json;

namespace {

constexpr size_t kAnswerBytesMax = 8u << 20;

std::string body_of(const PromptAction& action) {
    json::array messages;
    if (!action.system.empty()) messages.push_back({{"role", "system"}, {"content", action.system}});
    messages.push_back({{"role", "user"}, {"content", action.prompt}});
    return json::serialize(json::object{{"model", action.model},
                                        {"messages", std::move(messages)},
                                        {"max_tokens", action.max_tokens},
                                        {"stream", false}});
}

uint64_t count_at(const json::value& usage, std::string_view name) {
    const json::value* found = usage.is_object() ? usage.get_object().if_contains(name) : nullptr;
    boost::system::error_code error;
    uint64_t count = found != nullptr && found->is_number() ? found->to_number<uint64_t>(error) : 0;
    return error ? 0 : count;
}

// Reads what a chat completion says into `execution`; the error names what is missing.
void read_completion(const std::string& body, Execution& execution) {
    boost::system::error_code error;
    json::value answer = json::parse(body, error);
    if (error || !answer.is_object()) {
        execution.error = "the answer is not a JSON object";
        return;
    }
    if (const json::value* usage = answer.get_object().if_contains("usage"))
        execution.tokens = count_at(*usage, "prompt_tokens") + count_at(*usage, "completion_tokens");
    const json::value* content = answer.find_pointer("/choices/0/message/content", error);
    if (content != nullptr && content->is_string())
        execution.summary = truncate_utf8(to_valid_utf8(content->get_string()), kSummaryBytesMax);
    if (trim(execution.summary).empty()) execution.error = "the model answered without content";
}

}  // namespace

Task<Execution> call_prompt(PromptAction action, PromptTarget target, std::string id,
                            std::chrono::milliseconds timeout, const Clock& clock) {
    Execution execution;
    execution.started = clock.now();
    std::string url = target.url + (target.url.ends_with('/') ? "" : "/") + "chat/completions";
    net::ClientRequest request{
        .method = net::Method::kPost, .url = url, .headers = {}, .body = body_of(action)};
    request.timeout = timeout;
    request.body_bytes_max = kAnswerBytesMax;
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Idempotency-Key", id);
    if (!target.key.is_empty()) request.headers.add("Authorization", "Bearer " + target.key.reveal());
    Result<net::ClientResponse> response = co_await net::fetch(std::move(request));
    execution.ended = clock.now();
    if (!response) {
        execution.timed_out = response.error().code == Code::kTimeout;
        execution.error = response.error().message;
        co_return execution;
    }
    execution.output_bytes = response->body.size();
    if (response->status < 200 || response->status > 299) {
        execution.error = fmt::format("{} answered {}", url, response->status);
        execution.summary = truncate_utf8(to_valid_utf8(response->body), kSummaryBytesMax);
        co_return execution;
    }
    read_completion(response->body, execution);
    co_return execution;
}

}  // namespace nightshift::jobs
