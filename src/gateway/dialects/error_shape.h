#pragma once

#include "gateway/dialects/json_writer.h"
#include "gateway/dialects/render.h"

namespace nightshift::gateway {

// {"message","type","param","code"}: what stands behind "error" in all of OpenAI's dialects.
void write_openai_error(JsonWriter& json, const ClientError& error);

// Anthropic's word for a status.
std::string_view messages_error_type(int status);

}  // namespace nightshift::gateway
