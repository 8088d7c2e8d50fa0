#pragma once

#include "gateway/dialects/dialect.h"
#include "gateway/dialects/json_writer.h"

// What answers and streams of a dialect have in common.
namespace nightshift::gateway::translate {

std::string_view chat_finish_word(Finish finish);
std::string_view messages_stop_reason(Finish finish);
std::string_view ollama_done_reason(Finish finish);

// Usage objects under each dialect's names, with the braces.
void write_chat_usage(JsonWriter& json, const Usage& usage);
void write_messages_usage(JsonWriter& json, const Usage& usage);
// Members of the last object, without braces.
void write_ollama_counts(JsonWriter& json, const Usage& usage);

// RFC 3339.
std::string moment(int64_t now_s);

}  // namespace nightshift::gateway::translate
