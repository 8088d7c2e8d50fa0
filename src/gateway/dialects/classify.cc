#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/dialects/error_body.h"
#include "gateway/dialects/retry_after.h"

// Statuses come first, words decide where a status means several things. The words are those that the vendors
// document or send; all are compared in lower case.
namespace nightshift::gateway {
namespace {

using Words = std::string_view;

template <size_t N>
bool has_any(std::string_view text, const std::array<Words, N>& words) {
    return std::any_of(words.begin(), words.end(), [&](Words word) { return text.find(word) != text.npos; });
}

constexpr std::array kContextWords = {
    Words("context_length_exceeded"),
    Words("exceed_context_size"),                           // llama.cpp
    Words("maximum context length"),                        // OpenAI, vLLM, OpenRouter, Mistral, DeepSeek
    Words("exceeds the context"),                           // OpenAI responses; Ollama
    Words("exceeds the available context size"),            // llama.cpp
    Words("exceed context limit"),                          // Anthropic: input and max_tokens together
    Words("prompt is too long"),                            // Anthropic, Fireworks
    Words("prompt too long"),                               // Ollama
    Words("exceeded max context length"),                   // Ollama
    Words("maximum prompt length"),                         // xAI
    Words("longer than the maximum model length"),          // vLLM
    Words("exceeds the maximum number of tokens allowed"),  // Google
    Words("input is too long for requested model"),         // Bedrock
    Words("reduce the length of the messages"),             // Groq, Cerebras, OpenAI
    Words("greater than the context length"),               // LM Studio
    Words("tokens + `max_new_tokens` must be"),             // text-generation-inference
    Words("too many tokens: the total number of tokens in the prompt exceeds"),  // Cohere
    Words("model_context_window_exceeded"),
};

constexpr std::array kPolicyWords = {
    Words("content_filter"),
    Words("content_policy_violation"),
    Words("responsibleaipolicyviolation"),
    Words("content management policy"),
    Words("flagged"),                              // OpenRouter, OpenAI moderation
    Words("output blocked by content filtering"),  // Anthropic
    Words("violates our usage polic"),
    Words("data_inspection_failed"),  // Alibaba
};

// No wait of seconds helps.
constexpr std::array kQuotaWords = {
    Words("insufficient_quota"),           Words("billing_hard_limit_reached"),
    Words("enforced_spend_limit_reached"),  // Anthropic
    Words("credit balance is too low"),     // Anthropic, as a 400
    Words("billing_not_active"),
};
// Google says this of its limits per minute too, then with a time to wait.
constexpr Words kQuotaOrMinute = "exceeded your current quota";

constexpr std::array kMissingModelWords = {
    Words("model_not_found"),
    Words("model_decommissioned"),  // Groq
    Words("model_not_available"),
    Words("no endpoints found"),    // OpenRouter
    Words("not a valid model id"),  // OpenRouter
    Words("invalid_model"),         // Mistral
    Words("try pulling it first"),  // Ollama
    Words("has been deprecated"),  Words("unsupported_model"),
};

constexpr std::array kOverloadWords = {
    Words("overloaded_error"),   // Anthropic
    Words("server busy"),        // Ollama
    Words("capacity_exceeded"),  // Groq flex
};

constexpr std::array kCredentialWords = {
    Words("invalid_api_key"),   Words("authentication_error"), Words("permission_error"),
    Words("billing_error"),     Words("incorrect api key"),    Words("invalid x-api-key"),
    Words("invalid api key"),   Words("unauthenticated"),      Words("api_key_invalid"),
    Words("api key not valid"),  // Google sends these as 400
    Words("wrong_api_key"),      // Cerebras
};

constexpr std::array kRateWords = {Words("rate_limit"), Words("rate limit"), Words("too_many_requests"),
                                   Words("resource_exhausted")};

constexpr std::array kServerWords = {
    Words("server_error"),
    Words("internal_error"),
    Words("api_error"),
    Words("service_unavailable"),
    Words("overloaded"),
    Words("timeout_error"),
    Words("an error was encountered while running the model"),  // Ollama
};

constexpr std::array kCallerWords = {
    Words("invalid_request_error"), Words("invalid_prompt"),   Words("request_too_large"),
    Words("not_found_error"),       Words("invalid_argument"), Words("unprocessable"),
};

std::string all_words(const ErrorBody& body) {
    return to_lower(fmt::format("{} {} {} {}", body.type, body.code, body.details, body.message));
}

bool is_missing_model(int status, std::string_view words) {
    if (has_any(words, kMissingModelWords)) return true;
    // "model 'x' not found", "The model `x` does not exist", Anthropic's "model: x"
    const bool names_model = words.find("model") != words.npos;
    const bool is_absent = words.find("not found") != words.npos ||
                           words.find("does not exist") != words.npos ||
                           words.find("not_found_error") != words.npos;
    return status == 404 && names_model && is_absent;
}

ErrorClass too_many(const ErrorBody& body, std::string_view words) {
    if (has_any(words, kQuotaWords)) return ErrorClass::kQuotaExhausted;
    const bool is_quota = words.find(kQuotaOrMinute) != words.npos && !retry_hint(body.message);
    return is_quota ? ErrorClass::kQuotaExhausted : ErrorClass::kRateLimit;
}

// A 4xx that is none of the known ones.
ErrorClass caller(int status, std::string_view words) {
    if (has_any(words, kContextWords)) return ErrorClass::kContextTooLong;
    if (has_any(words, kQuotaWords)) return ErrorClass::kQuotaExhausted;
    if (has_any(words, kPolicyWords)) return ErrorClass::kContentPolicy;
    if (is_missing_model(status, words)) return ErrorClass::kModelMissing;
    return has_any(words, kCredentialWords) ? ErrorClass::kCredential : ErrorClass::kCallerError;
}

// An error inside a 200, by its words alone.
ErrorClass by_words(const ErrorBody& body, std::string_view words) {
    if (has_any(words, kContextWords)) return ErrorClass::kContextTooLong;
    if (has_any(words, kQuotaWords)) return ErrorClass::kQuotaExhausted;
    if (has_any(words, kPolicyWords)) return ErrorClass::kContentPolicy;
    if (has_any(words, kOverloadWords)) return ErrorClass::kOverloaded;
    if (has_any(words, kRateWords)) return too_many(body, words);
    if (has_any(words, kCredentialWords)) return ErrorClass::kCredential;
    if (is_missing_model(404, words)) return ErrorClass::kModelMissing;
    if (has_any(words, kServerWords)) return ErrorClass::kTransient;
    return has_any(words, kCallerWords) ? ErrorClass::kCallerError : ErrorClass::kBadAnswer;
}

}  // namespace

ErrorClass classify(ProviderKind kind, int status, const ErrorBody& body) {
    if (status == 0) status = body.status;
    const std::string words = all_words(body);
    switch (status) {
        case 0:
            return by_words(body, words);
        case 401:
        case 402:
            return ErrorClass::kCredential;
        case 403:
            return has_any(words, kPolicyWords) ? ErrorClass::kContentPolicy : ErrorClass::kCredential;
        case 408:
        case 409:
        case 425:
            return ErrorClass::kTransient;
        case 413:
            // Groq answers so when one request is more than a minute's tokens: only a larger window helps.
            return kind == ProviderKind::kGroq ? ErrorClass::kContextTooLong : caller(status, words);
        case 429:
            return too_many(body, words);
        case 498:
            return ErrorClass::kRateLimit;
        case 529:
            return ErrorClass::kOverloaded;
        default:
            break;
    }
    if (status >= 500) {
        // llama.cpp and others report an overflow as a fault of theirs; another try there would fail again.
        if (has_any(words, kContextWords)) return ErrorClass::kContextTooLong;
        return has_any(words, kOverloadWords) ? ErrorClass::kOverloaded : ErrorClass::kTransient;
    }
    // An API does not redirect: a login page or a moved server.
    return status >= 400 ? caller(status, words) : ErrorClass::kBadAnswer;
}

UpstreamError classify_error(ProviderKind kind, int status, HeaderFields headers, std::string_view body,
                             std::chrono::system_clock::time_point now) {
    std::optional<ErrorBody> read = read_error_body(body);
    const bool is_structured = read.has_value();
    if (!is_structured) read.emplace().message = to_valid_utf8(truncate_utf8(trim(body), 500));
    UpstreamError error;
    error.error_class = classify(kind, status, *read);
    error.status = status;
    error.code = read->code.empty() ? read->type : read->code;
    error.message = read->message.empty() ? fmt::format("the provider answered {} without a text", status)
                                          : read->message;
    error.retry_after = read_retry_after(kind, headers, error.message, now);
    return error;
}

}  // namespace nightshift::gateway
