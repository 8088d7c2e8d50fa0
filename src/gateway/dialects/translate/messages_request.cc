#include <boost/json.hpp>

#include "gateway/dialects/json_writer.h"
#include "gateway/dialects/translate/prompt.h"

// Anthropic's messages.
namespace nightshift::gateway::translate {
namespace {

namespace json = boost::json;

// What the API wants when nobody set a limit; it has no default of its own.
constexpr int64_t kOutputMaxDefault = 4096;
// Thinking tokens for each effort, and the least the API takes.
constexpr int64_t kThinkingLow = 2048;
constexpr int64_t kThinkingMedium = 8192;
constexpr int64_t kThinkingHigh = 24576;
constexpr int64_t kThinkingMin = 1024;

std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}

void read_image(Fields& block, Turn& turn) {
    const json::object* object = block.object("source");
    if (object == nullptr) return block.problem().add(block.path(), "has no source");
    Fields source(*object, block.path_of("source"), block.problem());
    const std::string type = source.text("type");
    Part part{Part::Kind::kImage, {}, {}, {}, {}, false};
    if (type == "base64")
        part.image = {source.text("media_type"), source.text("data"), ""};
    else if (type == "url")
        part.image.url = source.text("url");
    else
        block.problem().add(source.path_of("type"), "cannot be translated for this target");
    source.close();
    turn.parts.push_back(std::move(part));
}

// A text, or blocks of text: of the system, and of a tool's result.
std::string read_text(Fields& from, std::string_view key) {
    const json::value* value = from.take(key);
    if (value == nullptr) return "";
    if (const json::string* text = value->if_string()) return std::string(view(*text));
    const json::array* blocks = value->if_array();
    Turn turn;
    for (size_t i = 0; blocks != nullptr && i < blocks->size(); ++i) {
        const json::object* object = (*blocks)[i].if_object();
        const std::string path = from.path_of(key, i);
        if (object == nullptr) {
            from.problem().add(path, "must be an object");
            break;
        }
        Fields block(*object, path, from.problem());
        if (const std::string type = block.text("type"); type != "text") {
            from.problem().add(path, fmt::format("of type {} cannot be translated for this target", type));
        }
        block.hints({"cache_control", "citations"});
        turn.parts.push_back({Part::Kind::kText, block.text("text"), {}, {}, {}, false});
        block.close();
    }
    return joined_text(turn);
}

void read_tool_use(Fields& block, Turn& turn) {
    Part call{Part::Kind::kToolCall, "{}", {}, block.text("id"), block.text("name"), false};
    if (const json::object* input = block.object("input")) call.text = to_json(*input);
    turn.parts.push_back(std::move(call));
}

void read_block(const json::value& value, const std::string& path, Turn& turn, Problem& problem) {
    const json::object* object = value.if_object();
    if (object == nullptr) return problem.add(path, "must be an object");
    Fields block(*object, path, problem);
    block.hints({"cache_control", "citations", "caller"});
    const std::string type = block.text("type");
    if (type == "text") {
        turn.parts.push_back({Part::Kind::kText, block.text("text"), {}, {}, {}, false});
    } else if (type == "image") {
        read_image(block, turn);
    } else if (type == "tool_use") {
        read_tool_use(block, turn);
    } else if (type == "tool_result") {
        Part result{
            Part::Kind::kToolResult, read_text(block, "content"), {}, block.text("tool_use_id"), {}, false};
        result.is_error = block.flag("is_error").value_or(false);
        turn.parts.push_back(std::move(result));
    } else if (type == "thinking" || type == "redacted_thinking") {
        // Signed for the model that thought it; another could not read it.
        block.hints({"thinking", "signature", "data"});
    } else {
        problem.add(path, fmt::format("of type {} cannot be translated for this target", type));
    }
    block.close();
}

Turn read_message(const json::object& object, const std::string& path, Problem& problem) {
    Fields message(object, path, problem);
    Turn turn;
    turn.path = path;
    const std::string role = message.text("role");
    turn.role = role == "assistant" ? Role::kAssistant : Role::kUser;
    if (role != "assistant" && role != "user")
        problem.add(message.path_of("role"), "must be user or assistant");
    const json::value* content = message.take("content");
    if (content == nullptr) {
        problem.add(message.path_of("content"), "is missing");
    } else if (const json::string* text = content->if_string()) {
        turn.parts.push_back({Part::Kind::kText, std::string(view(*text)), {}, {}, {}, false});
    } else if (const json::array* blocks = content->if_array()) {
        for (size_t i = 0; i < blocks->size(); ++i) {
            read_block((*blocks)[i], message.path_of("content", i), turn, problem);
        }
    }
    message.close();
    return turn;
}

void read_tools(Fields& body, Prompt& prompt) {
    const json::array* tools = body.array("tools");
    for (size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
        const std::string path = body.path_of("tools", i);
        const json::object* object = (*tools)[i].if_object();
        if (object == nullptr) return body.problem().add(path, "must be an object");
        Fields tool(*object, path, body.problem());
        tool.hints({"cache_control", "strict", "eager_input_streaming"});
        if (const std::string type = tool.text("type"); !type.empty() && type != "custom") {
            return body.problem().add(path,
                                      fmt::format("of type {} works with Anthropic's models only", type));
        }
        const json::object* schema = tool.object("input_schema");
        prompt.tools.push_back(
            {tool.text("name"), tool.text("description"),
             schema == nullptr ? R"({"type":"object","properties":{}})" : to_json(*schema)});
        tool.close();
    }
}

void read_tool_choice(Fields& body, Prompt& prompt) {
    const json::object* object = body.object("tool_choice");
    if (object == nullptr) return;
    Fields choice(*object, "tool_choice", body.problem());
    const std::string type = choice.text("type");
    if (const std::optional<bool> off = choice.flag("disable_parallel_tool_use"))
        prompt.parallel_tools = !*off;
    if (type == "auto")
        prompt.tool_choice = ToolChoice::kAuto;
    else if (type == "any")
        prompt.tool_choice = ToolChoice::kAny;
    else if (type == "none")
        prompt.tool_choice = ToolChoice::kNone;
    else if (type == "tool")
        prompt.tool_choice = ToolChoice::kNamed;
    else
        body.problem().add("tool_choice.type", "is none that can be translated");
    if (type == "tool") prompt.chosen_tool = choice.text("name");
    choice.close();
}

void read_thinking(Fields& body, Prompt& prompt) {
    const json::object* object = body.object("thinking");
    if (object == nullptr) return;
    Fields thinking(*object, "thinking", body.problem());
    const std::string type = thinking.text("type");
    const std::optional<int64_t> budget = thinking.integer("budget_tokens");
    if (type == "enabled") {
        const int64_t tokens = budget.value_or(kThinkingMedium);
        prompt.effort = tokens <= kThinkingLow      ? Effort::kLow
                        : tokens <= kThinkingMedium ? Effort::kMedium
                                                    : Effort::kHigh;
    } else if (type == "disabled") {
        prompt.effort = Effort::kOff;
    }
    thinking.hints({"display"});
    thinking.close();
}

void read_options(Fields& body, Prompt& prompt) {
    prompt.output_max = body.integer("max_tokens");
    prompt.temperature = body.number("temperature");
    prompt.top_p = body.number("top_p");
    prompt.top_k = body.integer("top_k");
    prompt.stream = body.flag("stream").value_or(false);
    if (const json::array* stops = body.array("stop_sequences")) {
        for (const json::value& stop : *stops) {
            if (const json::string* text = stop.if_string()) prompt.stops.emplace_back(view(*text));
        }
    }
    if (const json::object* metadata = body.object("metadata")) {
        const json::value* user = metadata->if_contains("user_id");
        if (user != nullptr && user->is_string()) prompt.user = view(user->get_string());
    }
    body.hints({"model", "service_tier", "cache_control", "inference_geo"});
}

// ---- writing

void write_part(JsonWriter& out, const Part& part) {
    switch (part.kind) {
        case Part::Kind::kText:
            // The API refuses empty blocks.
            if (!part.text.empty())
                out.open_object().text("type", "text").text("text", part.text).close_object();
            return;
        case Part::Kind::kImage:
            out.open_object().text("type", "image").key("source").open_object();
            if (part.image.url.empty()) {
                out.text("type", "base64")
                    .text("media_type", part.image.media_type)
                    .text("data", part.image.base64);
            } else {
                out.text("type", "url").text("url", part.image.url);
            }
            out.close_object().close_object();
            return;
        case Part::Kind::kToolCall:
            out.open_object().text("type", "tool_use").text("id", part.call_id).text("name", part.tool_name);
            out.raw("input", part.text).close_object();
            return;
        case Part::Kind::kToolResult:
            out.open_object()
                .text("type", "tool_result")
                .text("tool_use_id", part.call_id)
                .text("content", part.text);
            if (part.is_error) out.boolean("is_error", true);
            out.close_object();
            return;
    }
}

bool is_empty(const Turn& turn) {
    for (const Part& part : turn.parts) {
        if (part.kind != Part::Kind::kText || !part.text.empty()) return false;
    }
    return true;
}

// The results of one turn's calls must stand together in the next message: neighbours of one side become one.
void write_turns(JsonWriter& out, const Prompt& prompt) {
    out.key("messages").open_array();
    std::optional<bool> open_side;  // whether the open message is the assistant's
    for (const Turn& turn : prompt.turns) {
        if (turn.role == Role::kSystem || is_empty(turn)) continue;
        const bool is_assistant = turn.role == Role::kAssistant;
        if (open_side != is_assistant) {
            if (open_side) out.close_array().close_object();
            out.open_object().text("role", is_assistant ? "assistant" : "user").key("content").open_array();
            open_side = is_assistant;
        }
        for (const Part& part : turn.parts) write_part(out, part);
    }
    if (open_side) out.close_array().close_object();
    out.close_array();
}

void write_system(JsonWriter& out, const Prompt& prompt) {
    std::string system;
    for (const Turn& turn : prompt.turns) {
        if (turn.role != Role::kSystem) continue;
        if (!system.empty()) system += "\n\n";
        system += joined_text(turn);
    }
    if (!system.empty()) out.text("system", system);
}

void write_tools(JsonWriter& out, const Prompt& prompt) {
    if (prompt.tools.empty()) return;
    out.key("tools").open_array();
    for (const Tool& tool : prompt.tools) {
        out.open_object().text("name", tool.name);
        if (!tool.description.empty()) out.text("description", tool.description);
        out.raw("input_schema", tool.schema).close_object();
    }
    out.close_array();
    if (prompt.tool_choice == ToolChoice::kUnset && !prompt.parallel_tools) return;
    out.key("tool_choice").open_object();
    switch (prompt.tool_choice) {
        case ToolChoice::kUnset:
        case ToolChoice::kAuto:
            out.text("type", "auto");
            break;
        case ToolChoice::kNone:
            out.text("type", "none");
            break;
        case ToolChoice::kAny:
            out.text("type", "any");
            break;
        case ToolChoice::kNamed:
            out.text("type", "tool").text("name", prompt.chosen_tool);
            break;
    }
    if (prompt.parallel_tools && prompt.tool_choice != ToolChoice::kNone) {
        out.boolean("disable_parallel_tool_use", !*prompt.parallel_tools);
    }
    out.close_object();
}

void refuse_what_it_has_not(const Prompt& prompt, Problem& problem) {
    if (prompt.format != Format::kText)
        problem.add("response_format", "cannot be sent to an Anthropic model");
    if (prompt.seed) problem.add("seed", "cannot be sent to an Anthropic model");
    if (prompt.frequency_penalty.value_or(0) != 0)
        problem.add("frequency_penalty", "cannot be sent to an Anthropic model");
    if (prompt.presence_penalty.value_or(0) != 0)
        problem.add("presence_penalty", "cannot be sent to an Anthropic model");
    if (prompt.temperature.value_or(0) > 1)
        problem.add("temperature", "above 1 cannot be sent to an Anthropic model");
}

int64_t thinking_tokens(Effort effort) {
    switch (effort) {
        case Effort::kLow:
            return kThinkingLow;
        case Effort::kMedium:
            return kThinkingMedium;
        case Effort::kHigh:
            return kThinkingHigh;
        default:
            return 0;
    }
}

}  // namespace

Prompt read_messages(const json::object& object, Problem& problem) {
    Fields body(object, "", problem);
    Prompt prompt;
    if (std::string system = read_text(body, "system"); !system.empty()) {
        prompt.turns.push_back(
            {Role::kSystem, {{Part::Kind::kText, std::move(system), {}, {}, {}, false}}, "system"});
    }
    const json::array* messages = body.array("messages");
    if (messages == nullptr) problem.add("messages", "is missing");
    for (size_t i = 0; messages != nullptr && i < messages->size(); ++i) {
        const json::object* message = (*messages)[i].if_object();
        if (message == nullptr)
            problem.add(body.path_of("messages", i), "must be an object");
        else
            prompt.turns.push_back(read_message(*message, body.path_of("messages", i), problem));
    }
    read_tools(body, prompt);
    read_tool_choice(body, prompt);
    read_thinking(body, prompt);
    read_options(body, prompt);
    body.close();
    return prompt;
}

std::string write_messages(const Prompt& prompt, const UpstreamRequest& to, Problem& problem) {
    refuse_what_it_has_not(prompt, problem);
    int64_t output_max = prompt.output_max.value_or(to.output_max_default.value_or(kOutputMaxDefault));
    std::string body;
    JsonWriter out(body);
    out.open_object().text("model", to.model);
    if (int64_t thinking = thinking_tokens(prompt.effort); thinking > 0) {
        // The budget is part of the limit; a limit too small for any thinking wins.
        thinking = std::min(thinking, output_max / 2);
        if (thinking >= kThinkingMin) {
            out.key("thinking")
                .open_object()
                .text("type", "enabled")
                .integer("budget_tokens", thinking)
                .close_object();
        }
    }
    out.integer("max_tokens", output_max);
    write_system(out, prompt);
    write_turns(out, prompt);
    write_tools(out, prompt);
    if (prompt.temperature) out.number("temperature", *prompt.temperature);
    if (prompt.top_p) out.number("top_p", *prompt.top_p);
    if (prompt.top_k) out.integer("top_k", *prompt.top_k);
    if (!prompt.stops.empty()) {
        out.key("stop_sequences").open_array();
        for (const std::string& stop : prompt.stops) out.text(stop);
        out.close_array();
    }
    if (!prompt.user.empty()) out.key("metadata").open_object().text("user_id", prompt.user).close_object();
    if (prompt.stream) out.boolean("stream", true);
    out.close_object();
    return body;
}

}  // namespace nightshift::gateway::translate
