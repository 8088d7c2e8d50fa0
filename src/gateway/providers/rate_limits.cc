#include "gateway/providers/rate_limits.h"

#include "base/text.h"
#include "gateway/dialects/retry_after.h"

namespace nightshift::gateway {

std::string_view find_header(HeaderFields headers, std::string_view name) {
    for (const HeaderField& field : headers) {
        if (field.name.size() == name.size() && equals_ignore_case(field.name, name)) return field.value;
    }
    return "";
}

RateLimit read_limit(HeaderFields headers, std::string_view limit, std::string_view remaining,
                     std::string_view reset) {
    return {parse_int(trim(find_header(headers, limit))), parse_int(trim(find_header(headers, remaining))),
            parse_wait(find_header(headers, reset))};
}

RateLimits read_rate_limits(ProviderKind kind, HeaderFields headers,
                            std::chrono::system_clock::time_point now) {
    switch (kind) {
        case ProviderKind::kOpenAi:
        case ProviderKind::kOpenRouter:
        // Groq's requests are a day's, and all its limits those of the organisation, whichever key is used.
        case ProviderKind::kGroq:
            return openai_rate_limits(headers);
        case ProviderKind::kCerebras:
            return cerebras_rate_limits(headers);
        case ProviderKind::kAnthropic:
            return anthropic_rate_limits(headers, now);
        case ProviderKind::kOllama:
            return {};  // has none
    }
    return {};
}

}  // namespace nightshift::gateway
