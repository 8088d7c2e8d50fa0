#include <boost/json.hpp>

#include "gateway/dialects/json_writer.h"
#include "gateway/dialects/translate/prompt.h"

// OpenAI's chat completions.
namespace nightshift::gateway::translate {
namespace {

namespace json = boost::json;

std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}

// "data:image/png;base64,…" or an address.
Image image_of(std::string_view url) {
    constexpr std::string_view kMark = ";base64,";
    const size_t mark = url.find(kMark);
    if (!url.starts_with("data:") || mark == std::string_view::npos) return {"", "", std::string(url)};
    return {std::string(url.substr(5, mark - 5)), std::string(url.substr(mark + kMark.size())), ""};
}

void read_part(const json::value& value, const std::string& path, Turn& turn, Problem& problem) {
    const json::object* object = value.if_object();
    if (object == nullptr) return problem.add(path, "must be an object");
    Fields part(*object, path, problem);
    const std::string type = part.text("type");
    part.hints({"cache_control", "annotations"});
    if (type == "text" || type == "refusal") {
        turn.parts.push_back({Part::Kind::kText, part.text(type), {}, {}, {}, false});
    } else if (type == "image_url") {
        const json::object* source = part.object("image_url");
        if (source == nullptr) return problem.add(path, "has no image_url");
        Fields image(*source, part.path_of("image_url"), problem);
        image.hints({"detail"});
        turn.parts.push_back({Part::Kind::kImage, {}, image_of(image.text("url")), {}, {}, false});
        image.close();
    } else {
        problem.add(path, fmt::format("of type {} cannot be translated for this target", type));
    }
    part.close();
}

void read_content(Fields& message, Turn& turn) {
    const json::value* content = message.take("content");
    if (content == nullptr) return;
    if (const json::string* text = content->if_string()) {
        turn.parts.push_back({Part::Kind::kText, std::string(view(*text)), {}, {}, {}, false});
        return;
    }
    const json::array* parts = content->if_array();
    if (parts == nullptr)
        return message.problem().add(message.path_of("content"), "must be a text or an array");
    for (size_t i = 0; i < parts->size(); ++i) {
        read_part((*parts)[i], message.path_of("content", i), turn, message.problem());
    }
}

void read_tool_call(const json::value& value, const std::string& path, Turn& turn, Problem& problem) {
    const json::object* object = value.if_object();
    if (object == nullptr) return problem.add(path, "must be an object");
    Fields call(*object, path, problem);
    call.hints({"type", "index"});
    Part part{Part::Kind::kToolCall, {}, {}, call.text("id"), {}, false};
    if (const json::object* function = call.object("function")) {
        Fields fields(*function, call.path_of("function"), problem);
        part.tool_name = fields.text("name");
        const std::optional<std::string> arguments = json_object_text(fields.text("arguments"));
        if (!arguments) problem.add(fields.path_of("arguments"), "must be a JSON object");
        part.text = arguments.value_or("{}");
        fields.close();
    } else {
        problem.add(path, "is no function call");
    }
    call.close();
    turn.parts.push_back(std::move(part));
}

Role role_of(std::string_view word) {
    if (word == "user") return Role::kUser;
    if (word == "assistant") return Role::kAssistant;
    if (word == "tool") return Role::kTool;
    return word == "system" || word == "developer" ? Role::kSystem : Role::kNone;
}

Turn read_message(const json::object& object, const std::string& path, Problem& problem) {
    Fields message(object, path, problem);
    Turn turn;
    turn.path = path;
    turn.role = role_of(message.text("role"));
    if (turn.role == Role::kNone) problem.add(message.path_of("role"), "is none that can be translated");
    read_content(message, turn);
    if (turn.role == Role::kTool) {
        Part result{Part::Kind::kToolResult,      joined_text(turn),    {},
                    message.text("tool_call_id"), message.text("name"), false};
        turn.parts = {std::move(result)};
    }
    if (turn.role == Role::kAssistant) {
        // What a model thought earlier is its own: nobody needs to send it back.
        message.hints({"reasoning", "reasoning_content", "reasoning_details", "audio", "annotations"});
        if (const std::string refusal = message.text("refusal"); !refusal.empty()) {
            turn.parts.push_back({Part::Kind::kText, refusal, {}, {}, {}, false});
        }
        if (const json::array* calls = message.array("tool_calls")) {
            for (size_t i = 0; i < calls->size(); ++i) {
                read_tool_call((*calls)[i], message.path_of("tool_calls", i), turn, problem);
            }
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
        const json::value* function = object == nullptr ? nullptr : object->if_contains("function");
        if (function == nullptr || !function->is_object()) {
            body.problem().add(path, "is no function; only functions can be translated");
            return;
        }
        Fields fields(function->get_object(), path + ".function", body.problem());
        fields.hints({"strict"});
        const json::object* schema = fields.object("parameters");
        prompt.tools.push_back(
            {fields.text("name"), fields.text("description"),
             schema == nullptr ? R"({"type":"object","properties":{}})" : to_json(*schema)});
        fields.close();
    }
}

void read_tool_choice(Fields& body, Prompt& prompt) {
    const json::value* choice = body.take("tool_choice");
    if (choice == nullptr) return;
    if (const json::string* word = choice->if_string()) {
        if (*word == "auto")
            prompt.tool_choice = ToolChoice::kAuto;
        else if (*word == "none")
            prompt.tool_choice = ToolChoice::kNone;
        else if (*word == "required")
            prompt.tool_choice = ToolChoice::kAny;
        else
            body.problem().add("tool_choice", "cannot be translated for this target");
        return;
    }
    const json::object* object = choice->if_object();
    const json::value* function = object == nullptr ? nullptr : object->if_contains("function");
    const json::object* named = function == nullptr ? nullptr : function->if_object();
    if (named == nullptr) return body.problem().add("tool_choice", "cannot be translated for this target");
    prompt.tool_choice = ToolChoice::kNamed;
    prompt.chosen_tool = Fields(*named, "tool_choice.function", body.problem()).text("name");
}

void read_format(Fields& body, Prompt& prompt) {
    const json::object* object = body.object("response_format");
    if (object == nullptr) return;
    Fields format(*object, "response_format", body.problem());
    const std::string type = format.text("type");
    if (type == "json_object") {
        prompt.format = Format::kJson;
    } else if (type == "json_schema") {
        prompt.format = Format::kSchema;
        const json::object* outer = format.object("json_schema");
        const json::value* schema = outer == nullptr ? nullptr : outer->if_contains("schema");
        if (schema == nullptr) return body.problem().add("response_format.json_schema", "has no schema");
        prompt.schema = to_json(*schema);
    } else if (type != "text") {
        body.problem().add("response_format.type", "is none that can be translated");
    }
    format.close();
}

void read_stops(Fields& body, Prompt& prompt) {
    const json::value* stop = body.take("stop");
    if (stop == nullptr) return;
    if (const json::string* one = stop->if_string()) {
        prompt.stops.emplace_back(view(*one));
        return;
    }
    const json::array* many = stop->if_array();
    if (many == nullptr) return body.problem().add("stop", "must be a text or an array");
    for (const json::value& each : *many) {
        if (const json::string* text = each.if_string())
            prompt.stops.emplace_back(view(*text));
        else
            body.problem().add("stop", "must hold texts");
    }
}

Effort effort_of(std::string_view word) {
    if (word.empty()) return Effort::kUnset;
    if (word == "none") return Effort::kOff;
    if (word == "minimal" || word == "low") return Effort::kLow;
    return word == "medium" ? Effort::kMedium : Effort::kHigh;
}

void read_options(Fields& body, Prompt& prompt) {
    prompt.output_max = body.integer("max_completion_tokens");
    if (const std::optional<int64_t> older = body.integer("max_tokens"); older && !prompt.output_max)
        prompt.output_max = older;
    prompt.temperature = body.number("temperature");
    prompt.top_p = body.number("top_p");
    prompt.top_k = body.integer("top_k");
    prompt.seed = body.integer("seed");
    prompt.frequency_penalty = body.number("frequency_penalty");
    prompt.presence_penalty = body.number("presence_penalty");
    prompt.parallel_tools = body.flag("parallel_tool_calls");
    prompt.effort = effort_of(body.text("reasoning_effort"));
    prompt.user = body.text("user");
    prompt.stream = body.flag("stream").value_or(false);
    read_stops(body, prompt);
    body.ignore_if_default("n", 1.0);
    body.ignore_if_default("logprobs", false);
    body.hints({"model", "stream_options", "metadata", "store", "service_tier", "safety_identifier",
                "prompt_cache_key", "prompt_cache_retention"});
}

void write_parts(JsonWriter& out, const Turn& turn) {
    bool has_image = false;
    for (const Part& part : turn.parts) has_image |= part.kind == Part::Kind::kImage;
    if (!has_image) {
        out.text("content", joined_text(turn));
        return;
    }
    out.key("content").open_array();
    for (const Part& part : turn.parts) {
        if (part.kind == Part::Kind::kText) {
            out.open_object().text("type", "text").text("text", part.text).close_object();
        } else if (part.kind == Part::Kind::kImage) {
            const Image& image = part.image;
            out.open_object().text("type", "image_url").key("image_url").open_object();
            out.text("url", image.url.empty()
                                ? fmt::format("data:{};base64,{}", image.media_type, image.base64)
                                : image.url);
            out.close_object().close_object();
        }
    }
    out.close_array();
}

void write_assistant(JsonWriter& out, const Turn& turn) {
    const std::string text = joined_text(turn);
    out.open_object().text("role", "assistant").text_or_null("content", text);
    bool has_calls = false;
    for (const Part& part : turn.parts) {
        if (part.kind != Part::Kind::kToolCall) continue;
        if (!has_calls) out.key("tool_calls").open_array();
        has_calls = true;
        out.open_object().text("id", part.call_id).text("type", "function").key("function").open_object();
        out.text("name", part.tool_name).text("arguments", part.text).close_object().close_object();
    }
    if (has_calls) out.close_array();
    out.close_object();
}

// Results of tools are messages of their own here, and come before what the user says beside them.
void write_turn(JsonWriter& out, const Turn& turn) {
    if (turn.role == Role::kAssistant) return write_assistant(out, turn);
    bool has_others = false;
    for (const Part& part : turn.parts) {
        has_others |= part.kind != Part::Kind::kToolResult;
        if (part.kind != Part::Kind::kToolResult) continue;
        out.open_object().text("role", "tool").text("tool_call_id", part.call_id);
        out.text("content", part.is_error ? "Error: " + part.text : part.text).close_object();
    }
    if (!has_others && !turn.parts.empty()) return;
    out.open_object().text("role", turn.role == Role::kSystem ? "system" : "user");
    write_parts(out, turn);
    out.close_object();
}

void write_tools(JsonWriter& out, const Prompt& prompt) {
    if (prompt.tools.empty()) return;
    out.key("tools").open_array();
    for (const Tool& tool : prompt.tools) {
        out.open_object().text("type", "function").key("function").open_object().text("name", tool.name);
        if (!tool.description.empty()) out.text("description", tool.description);
        out.raw("parameters", tool.schema).close_object().close_object();
    }
    out.close_array();
    switch (prompt.tool_choice) {
        case ToolChoice::kUnset:
            break;
        case ToolChoice::kAuto:
            out.text("tool_choice", "auto");
            break;
        case ToolChoice::kNone:
            out.text("tool_choice", "none");
            break;
        case ToolChoice::kAny:
            out.text("tool_choice", "required");
            break;
        case ToolChoice::kNamed:
            out.key("tool_choice").open_object().text("type", "function").key("function").open_object();
            out.text("name", prompt.chosen_tool).close_object().close_object();
            break;
    }
    if (prompt.parallel_tools) out.boolean("parallel_tool_calls", *prompt.parallel_tools);
}

void write_options(JsonWriter& out, const Prompt& prompt, const UpstreamRequest& to) {
    const std::optional<int64_t> output_max = prompt.output_max ? prompt.output_max : to.output_max_default;
    if (output_max) out.integer("max_completion_tokens", *output_max);
    if (prompt.temperature) out.number("temperature", *prompt.temperature);
    if (prompt.top_p) out.number("top_p", *prompt.top_p);
    if (prompt.top_k) out.integer("top_k", *prompt.top_k);
    if (prompt.seed) out.integer("seed", *prompt.seed);
    if (prompt.frequency_penalty) out.number("frequency_penalty", *prompt.frequency_penalty);
    if (prompt.presence_penalty) out.number("presence_penalty", *prompt.presence_penalty);
    if (prompt.effort != Effort::kUnset && prompt.effort != Effort::kOff) {
        constexpr std::string_view kWords[] = {"", "", "low", "medium", "high"};
        out.text("reasoning_effort", kWords[static_cast<size_t>(prompt.effort)]);
    }
    if (!prompt.stops.empty()) {
        out.key("stop").open_array();
        for (const std::string& stop : prompt.stops) out.text(stop);
        out.close_array();
    }
    if (!prompt.user.empty()) out.text("user", prompt.user);
    if (prompt.format == Format::kJson) out.raw("response_format", R"({"type":"json_object"})");
    if (prompt.format == Format::kSchema) {
        out.key("response_format").open_object().text("type", "json_schema").key("json_schema").open_object();
        out.text("name", "answer").raw("schema", prompt.schema).close_object().close_object();
    }
    if (!prompt.stream) return;
    out.boolean("stream", true);
    if (to.ask_usage) out.raw("stream_options", R"({"include_usage":true})");
}

}  // namespace

Prompt read_chat(const json::object& object, Problem& problem) {
    Fields body(object, "", problem);
    Prompt prompt;
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
    read_format(body, prompt);
    read_options(body, prompt);
    body.close();
    return prompt;
}

std::string write_chat(const Prompt& prompt, const UpstreamRequest& to, Problem&) {
    std::string body;
    JsonWriter out(body);
    out.open_object().text("model", to.model).key("messages").open_array();
    for (const Turn& turn : prompt.turns) write_turn(out, turn);
    out.close_array();
    write_tools(out, prompt);
    write_options(out, prompt, to);
    out.close_object();
    return body;
}

}  // namespace nightshift::gateway::translate
