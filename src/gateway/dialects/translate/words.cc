#include "gateway/dialects/translate/words.h"

#include <ctime>

namespace nightshift::gateway::translate {

std::string_view chat_finish_word(Finish finish) {
    switch (finish) {
        case Finish::kLength:
            return "length";
        case Finish::kToolCalls:
            return "tool_calls";
        case Finish::kContentFilter:
            return "content_filter";
        default:
            return "stop";
    }
}

std::string_view messages_stop_reason(Finish finish) {
    switch (finish) {
        case Finish::kLength:
            return "max_tokens";
        case Finish::kToolCalls:
            return "tool_use";
        case Finish::kContentFilter:
            return "refusal";
        default:
            return "end_turn";
    }
}

std::string_view ollama_done_reason(Finish finish) {
    return finish == Finish::kLength ? "length" : "stop";
}

void write_chat_usage(JsonWriter& json, const Usage& usage) {
    json.open_object().integer("prompt_tokens", usage.input).integer("completion_tokens", usage.output);
    json.integer("total_tokens", usage.input + usage.output);
    json.key("prompt_tokens_details").open_object().integer("cached_tokens", usage.cache_read).close_object();
    json.key("completion_tokens_details")
        .open_object()
        .integer("reasoning_tokens", usage.reasoning)
        .close_object();
    json.close_object();
}

void write_messages_usage(JsonWriter& json, const Usage& usage) {
    const int64_t fresh = std::max<int64_t>(usage.input - usage.cache_read - usage.cache_write, 0);
    json.open_object()
        .integer("input_tokens", fresh)
        .integer("cache_creation_input_tokens", usage.cache_write);
    json.integer("cache_read_input_tokens", usage.cache_read)
        .integer("output_tokens", usage.output)
        .close_object();
}

void write_ollama_counts(JsonWriter& json, const Usage& usage) {
    // Its clients divide by the durations: they get whole ones, though only the counts are known.
    json.integer("total_duration", 1).integer("load_duration", 1);
    json.integer("prompt_eval_count", usage.input).integer("prompt_eval_duration", 1);
    json.integer("eval_count", usage.output).integer("eval_duration", 1);
}

std::string moment(int64_t now_s) {
    const time_t seconds = now_s;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace nightshift::gateway::translate
