#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

// The APIs we speak, as pure functions over bytes: nothing here does I/O, reads a clock or keeps state
// between calls. A call arrives in the client's dialect and leaves in the upstream's; equal dialects pass the
// bytes through.
namespace nightshift::gateway {

enum class Dialect {
    kChat,        // POST /v1/chat/completions, OpenAI and all that follow it
    kResponses,   // POST /v1/responses
    kEmbeddings,  // POST /v1/embeddings
    kModels,      // GET /v1/models: answered by ourselves
    kMessages,    // POST /v1/messages, Anthropic
    kOllamaChat,  // POST /api/chat, Ollama
    kOllamaTags,  // GET /api/tags: answered by ourselves
};

// "chat", "responses", "embeddings", "models", "messages", "ollama_chat", "ollama_tags".
std::string_view to_string(Dialect dialect);
// By the path of a request, without its query; nothing for a path that is none of ours.
std::optional<Dialect> dialect_of_path(std::string_view path);

// Whose headers, errors and habits an upstream has. Every OpenAI-compatible server without habits of its own
// is kOpenAi.
enum class ProviderKind { kOpenAi, kGroq, kCerebras, kOpenRouter, kAnthropic, kOllama };

std::string_view to_string(ProviderKind kind);  // "openai", "groq", …: the words of the configuration
std::optional<ProviderKind> provider_kind_of(std::string_view word);

// What a client's call becomes at a provider of this kind: the same dialect (bytes pass), another
// (translated), or nothing when it cannot be served there at all (embeddings at Anthropic, responses at
// Cerebras).
std::optional<Dialect> upstream_dialect(ProviderKind kind, Dialect client);
// What follows the provider's base URL. The base of an OpenAI-compatible one ends in "/v1" as in every SDK;
// those of Anthropic and Ollama end at the host.
std::string_view upstream_path(ProviderKind kind, Dialect upstream);
std::string_view default_base_url(ProviderKind kind);  // "" when there is none

// The header that carries the key, and the fixed header that the API demands besides (name "" when none).
struct CredentialHeader {
    std::string_view name;    // "Authorization"
    std::string_view prefix;  // "Bearer "
    std::string_view extra_name;
    std::string_view extra_value;
};
CredentialHeader credential_header(ProviderKind kind);

// ---- requests

enum class Role { kNone, kSystem, kUser, kAssistant, kTool };

// Where in the body something lies: bytes [begin, end).
struct ByteRange {
    size_t begin = 0;
    size_t end = 0;
    bool empty() const { return begin == end; }
};

// What the way of a request depends on, read in one pass. Offsets belong to the body it was read from.
struct RequestFacts {
    Dialect dialect = Dialect::kChat;
    std::string model;
    ByteRange model_range;     // the JSON string with its quotes
    bool stream = false;       // by the dialect's own default when not said
    bool wants_usage = false;  // the client asked for the usage chunk (kChat); true where usage always comes
    ByteRange stream_options;  // the object, or empty when there is none (kChat)
    ByteRange include_usage;   // its value within stream_options, or empty
    std::optional<int64_t> output_max;  // tokens, as the client limits them
    int64_t choices = 1;                // `n`
    int64_t input_estimate = 0;  // tokens, roughly: a quarter of the text's bytes, images at a flat rate
    bool has_tools = false;
    bool has_images = false;
    size_t messages = 0;
    Role last_role = Role::kNone;
    std::string previous_response_id;  // lives at one provider: such a request must not move
    std::string user;                  // `user`, `safety_identifier`, `metadata.user_id`
    std::string session;               // `metadata.session_id`, `prompt_cache_key`, `conversation`, or ""
};

// kInvalid with a text for the client: not JSON, no model, a field of the wrong type. Unknown fields are
// fine. Not for kModels and kOllamaTags, which have no body.
Result<RequestFacts> read_request(Dialect dialect, std::string_view body);

struct UpstreamRequest {
    Dialect dialect = Dialect::kChat;  // of upstream_dialect()
    ProviderKind kind = ProviderKind::kOpenAi;
    std::string_view model;  // the target's own name for it
    // Sent when the client set no limit: where the dialect demands one (kMessages) or the provider reserves
    // by it.
    std::optional<int64_t> output_max_default;
    bool ask_usage = true;  // off for the rare server that refuses stream_options
};

// The body for the upstream. Same dialect: the client's bytes with the model, and what we need for accounting
// (include_usage), spliced in. Otherwise translated; kInvalid names the field that cannot be.
Result<std::string> prepare_request(const RequestFacts& facts, std::string_view body,
                                    const UpstreamRequest& to);

// ---- answers

// Input holds what came from and went into caches; output holds the reasoning.
struct Usage {
    int64_t input = 0;
    int64_t output = 0;
    int64_t cache_read = 0;
    int64_t cache_write = 0;
    int64_t reasoning = 0;
    bool is_known = false;      // the upstream said so
    bool is_estimated = false;  // ours, from the size of what passed

    bool operator==(const Usage&) const = default;
};

enum class Finish { kNone, kStop, kLength, kToolCalls, kContentFilter, kError, kOther };
std::string_view to_string(Finish finish);  // "stop", "length" …; "" for kNone

// A quarter of the bytes of text, rounded up: a token of English, and close for code.
int64_t estimate_tokens(size_t text_bytes);

// Whether the head of a 200 promises what was asked for: JSON, or the dialect's stream.
bool is_expected_content_type(Dialect upstream, bool stream, std::string_view content_type);

struct AnswerOptions {
    std::string_view model;    // what to call the model in a translated answer; "" keeps the upstream's
    bool wants_usage = false;  // of RequestFacts
    int64_t now_s = 0;         // for answers that carry their time
    std::string_view id;       // names a translated answer whose upstream names none; unique
};
// What such an answer is called.
std::string made_up_id(const AnswerOptions& options);

// An upstream's whole answer in the client's dialect. Unchanged when the dialects are equal. kCorrupt when it
// cannot be read as `from` (read_answer() tells beforehand).
Result<std::string> translate_answer(Dialect from, Dialect to, std::string body,
                                     const AnswerOptions& options);

}  // namespace nightshift::gateway
