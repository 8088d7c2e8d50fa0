#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/dialects/dialect.h"
#include "gateway/dialects/translate/fields.h"

// A request in no dialect's words. Each dialect reads into it and writes from it; what it cannot hold is
// refused by the reader, what a dialect cannot say is refused by the writer.
namespace nightshift::gateway::translate {

struct Image {
    std::string media_type;  // "image/png"
    std::string base64;
    std::string url;  // instead of the bytes
};

struct Part {
    enum class Kind { kText, kImage, kToolCall, kToolResult };
    Kind kind = Kind::kText;
    std::string text;  // the text; the arguments as a JSON object; the result
    Image image;
    std::string call_id;    // of a call and its result
    std::string tool_name;  // of a call, and of a result where the dialect names it
    bool is_error = false;  // of a result
};

struct Turn {
    Role role = Role::kUser;
    std::vector<Part> parts;
    std::string path;  // "messages[3]", to name it in a problem
};

struct Tool {
    std::string name;
    std::string description;
    std::string schema;  // JSON Schema of its arguments
};

enum class ToolChoice { kUnset, kAuto, kNone, kAny, kNamed };
enum class Format { kText, kJson, kSchema };
enum class Effort { kUnset, kOff, kLow, kMedium, kHigh };

struct Prompt {
    std::vector<Turn> turns;
    std::vector<Tool> tools;
    ToolChoice tool_choice = ToolChoice::kUnset;
    std::string chosen_tool;  // of kNamed
    std::optional<bool> parallel_tools;
    std::optional<int64_t> output_max;
    std::optional<double> temperature;
    std::optional<double> top_p;
    std::optional<int64_t> top_k;
    std::optional<int64_t> seed;
    std::optional<double> frequency_penalty;
    std::optional<double> presence_penalty;
    std::vector<std::string> stops;
    Format format = Format::kText;
    std::string schema;  // of kSchema
    Effort effort = Effort::kUnset;
    std::string user;
    bool stream = false;
};

Prompt read_chat(const boost::json::object& body, Problem& problem);
Prompt read_messages(const boost::json::object& body, Problem& problem);
Prompt read_ollama(const boost::json::object& body, Problem& problem);

std::string write_chat(const Prompt& prompt, const UpstreamRequest& to, Problem& problem);
std::string write_messages(const Prompt& prompt, const UpstreamRequest& to, Problem& problem);
std::string write_ollama(const Prompt& prompt, const UpstreamRequest& to, Problem& problem);

// The text of a turn's parts, joined by blank lines.
std::string joined_text(const Turn& turn);
// The name of the tool that a result answers, from the calls before it; "" when there is none.
std::string_view tool_of_call(const Prompt& prompt, std::string_view call_id);

}  // namespace nightshift::gateway::translate
