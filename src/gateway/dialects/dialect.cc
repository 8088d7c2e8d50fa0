#include "gateway/dialects/dialect.h"

#include <array>

#include "base/text.h"

namespace nightshift::gateway {
namespace {

struct DialectName {
    Dialect dialect;
    std::string_view word;
    std::string_view path;
};
constexpr std::array kDialects = {
    DialectName{Dialect::kChat, "chat", "/v1/chat/completions"},
    DialectName{Dialect::kResponses, "responses", "/v1/responses"},
    DialectName{Dialect::kEmbeddings, "embeddings", "/v1/embeddings"},
    DialectName{Dialect::kModels, "models", "/v1/models"},
    DialectName{Dialect::kMessages, "messages", "/v1/messages"},
    DialectName{Dialect::kOllamaChat, "ollama_chat", "/api/chat"},
    DialectName{Dialect::kOllamaTags, "ollama_tags", "/api/tags"},
};

struct ProviderName {
    ProviderKind kind;
    std::string_view word;
    std::string_view base_url;
};
constexpr std::array kProviders = {
    ProviderName{ProviderKind::kOpenAi, "openai", "https://api.openai.com/v1"},
    ProviderName{ProviderKind::kGroq, "groq", "https://api.groq.com/openai/v1"},
    ProviderName{ProviderKind::kCerebras, "cerebras", "https://api.cerebras.ai/v1"},
    ProviderName{ProviderKind::kOpenRouter, "openrouter", "https://openrouter.ai/api/v1"},
    ProviderName{ProviderKind::kAnthropic, "anthropic", "https://api.anthropic.com"},
    ProviderName{ProviderKind::kOllama, "ollama", "http://127.0.0.1:11434"},
};

bool is_conversation(Dialect dialect) {
    return dialect == Dialect::kChat || dialect == Dialect::kMessages || dialect == Dialect::kOllamaChat;
}

// Of the media type itself, without its parameters.
std::string_view media_type(std::string_view content_type) {
    return trim(content_type.substr(0, content_type.find(';')));
}

}  // namespace

std::string_view to_string(Dialect dialect) {
    for (const DialectName& known : kDialects) {
        if (known.dialect == dialect) return known.word;
    }
    return "";
}

std::optional<Dialect> dialect_of_path(std::string_view path) {
    for (const DialectName& known : kDialects) {
        if (known.path == path) return known.dialect;
    }
    // The SDK of Groq adds its own prefix to whatever base it is given.
    constexpr std::string_view kGroqPrefix = "/openai";
    if (path.starts_with(kGroqPrefix)) return dialect_of_path(path.substr(kGroqPrefix.size()));
    return std::nullopt;
}

std::string_view to_string(ProviderKind kind) {
    for (const ProviderName& known : kProviders) {
        if (known.kind == kind) return known.word;
    }
    return "";
}

std::optional<ProviderKind> provider_kind_of(std::string_view word) {
    for (const ProviderName& known : kProviders) {
        if (known.word == word) return known.kind;
    }
    return std::nullopt;
}

std::optional<Dialect> upstream_dialect(ProviderKind kind, Dialect client) {
    switch (kind) {
        case ProviderKind::kAnthropic:
            return is_conversation(client) ? std::optional(Dialect::kMessages) : std::nullopt;
        case ProviderKind::kOllama:
            if (is_conversation(client)) return Dialect::kOllamaChat;
            // Ollama serves these two as OpenAI does, on the same port.
            return client == Dialect::kEmbeddings || client == Dialect::kResponses ? std::optional(client)
                                                                                   : std::nullopt;
        case ProviderKind::kCerebras:
            return is_conversation(client) ? std::optional(Dialect::kChat) : std::nullopt;
        case ProviderKind::kOpenAi:
        case ProviderKind::kGroq:
        case ProviderKind::kOpenRouter:
            if (is_conversation(client)) return Dialect::kChat;
            return client == Dialect::kEmbeddings || client == Dialect::kResponses ? std::optional(client)
                                                                                   : std::nullopt;
    }
    return std::nullopt;
}

std::string_view upstream_path(ProviderKind kind, Dialect upstream) {
    for (const DialectName& known : kDialects) {
        if (known.dialect != upstream) continue;
        const bool base_holds_version = kind != ProviderKind::kAnthropic && kind != ProviderKind::kOllama;
        return base_holds_version && known.path.starts_with("/v1") ? known.path.substr(3) : known.path;
    }
    return "";
}

std::string_view default_base_url(ProviderKind kind) {
    for (const ProviderName& known : kProviders) {
        if (known.kind == kind) return known.base_url;
    }
    return "";
}

CredentialHeader credential_header(ProviderKind kind) {
    if (kind == ProviderKind::kAnthropic) return {"x-api-key", "", "anthropic-version", "2023-06-01"};
    return {"Authorization", "Bearer ", "", ""};
}

std::string_view to_string(Finish finish) {
    switch (finish) {
        case Finish::kNone:
            return "";
        case Finish::kStop:
            return "stop";
        case Finish::kLength:
            return "length";
        case Finish::kToolCalls:
            return "tool_calls";
        case Finish::kContentFilter:
            return "content_filter";
        case Finish::kError:
            return "error";
        case Finish::kOther:
            return "other";
    }
    return "";
}

int64_t estimate_tokens(size_t text_bytes) {
    return static_cast<int64_t>((text_bytes + 3) / 4);
}

bool is_expected_content_type(Dialect upstream, bool stream, std::string_view content_type) {
    const std::string_view type = media_type(content_type);
    if (type.empty()) return true;  // local servers forget it; the body decides
    const bool is_json = equals_ignore_case(type, "application/json");
    if (!stream) return is_json || equals_ignore_case(type, "text/json");
    if (upstream != Dialect::kOllamaChat) return equals_ignore_case(type, "text/event-stream");
    return is_json || equals_ignore_case(type, "application/x-ndjson") ||
           equals_ignore_case(type, "application/jsonl");
}

}  // namespace nightshift::gateway
