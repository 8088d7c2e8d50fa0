#include <boost/json.hpp>

#include "gateway/dialects/json_writer.h"
#include "gateway/dialects/translate/prompt.h"

// Ollama's own chat.
namespace nightshift::gateway::translate {
namespace {

namespace json = boost::json;

std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}

Role role_of(std::string_view word) {
    if (word == "user") return Role::kUser;
    if (word == "assistant") return Role::kAssistant;
    if (word == "tool") return Role::kTool;
    return word == "system" ? Role::kSystem : Role::kNone;
}

// Its images are bare base64; the first characters tell what they are.
std::string_view image_type(std::string_view base64) {
    if (base64.starts_with("/9j/")) return "image/jpeg";
    if (base64.starts_with("R0lGOD")) return "image/gif";
    return base64.starts_with("UklGR") ? "image/webp" : "image/png";
}

// Ollama names no calls. Results answer them in order, so ids by order fit.
class CallIds {
public:
    std::string next_call() { return fmt::format("call_{}", calls_++); }
    std::string next_result() { return fmt::format("call_{}", results_++); }

private:
    int calls_ = 0;
    int results_ = 0;
};

void read_tool_calls(Fields& message, CallIds& ids, Turn& turn) {
    const json::array* calls = message.array("tool_calls");
    for (size_t i = 0; calls != nullptr && i < calls->size(); ++i) {
        const json::object* call = (*calls)[i].if_object();
        const json::value* function = call == nullptr ? nullptr : call->if_contains("function");
        if (function == nullptr || !function->is_object()) {
            return message.problem().add(message.path_of("tool_calls", i), "is no function call");
        }
        Fields fields(function->get_object(), message.path_of("tool_calls", i) + ".function",
                      message.problem());
        fields.hints({"index", "description"});
        Part part{Part::Kind::kToolCall, "{}", {}, ids.next_call(), fields.text("name"), false};
        if (const json::object* arguments = fields.object("arguments")) part.text = to_json(*arguments);
        fields.close();
        turn.parts.push_back(std::move(part));
    }
}

Turn read_message(const json::object& object, const std::string& path, CallIds& ids, Problem& problem) {
    Fields message(object, path, problem);
    Turn turn;
    turn.path = path;
    turn.role = role_of(message.text("role"));
    if (turn.role == Role::kNone) problem.add(message.path_of("role"), "is none that can be translated");
    message.hints({"thinking", "name"});
    const std::string content = message.text("content");
    if (turn.role == Role::kTool) {
        message.hints({"tool_call_id"});
        turn.parts.push_back(
            {Part::Kind::kToolResult, content, {}, ids.next_result(), message.text("tool_name"), false});
    } else {
        turn.parts.push_back({Part::Kind::kText, content, {}, {}, {}, false});
    }
    if (const json::array* images = message.array("images")) {
        for (const json::value& each : *images) {
            const json::string* text = each.if_string();
            if (text == nullptr) return problem.add(message.path_of("images"), "must hold texts"), turn;
            Part image{Part::Kind::kImage, {}, {}, {}, {}, false};
            image.image = {std::string(image_type(view(*text))), std::string(view(*text)), ""};
            turn.parts.push_back(std::move(image));
        }
    }
    read_tool_calls(message, ids, turn);
    message.close();
    return turn;
}

void read_tools(Fields& body, Prompt& prompt) {
    const json::array* tools = body.array("tools");
    for (size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
        const json::object* object = (*tools)[i].if_object();
        const json::value* function = object == nullptr ? nullptr : object->if_contains("function");
        if (function == nullptr || !function->is_object()) {
            return body.problem().add(body.path_of("tools", i), "is no function");
        }
        Fields fields(function->get_object(), body.path_of("tools", i) + ".function", body.problem());
        const json::object* schema = fields.object("parameters");
        prompt.tools.push_back(
            {fields.text("name"), fields.text("description"),
             schema == nullptr ? R"({"type":"object","properties":{}})" : to_json(*schema)});
        fields.close();
    }
}

void read_stops(Fields& options, Prompt& prompt) {
    const json::value* stop = options.take("stop");
    if (stop == nullptr) return;
    if (const json::string* one = stop->if_string()) prompt.stops.emplace_back(view(*one));
    const json::array* many = stop->if_array();
    for (size_t i = 0; many != nullptr && i < many->size(); ++i) {
        if (const json::string* text = (*many)[i].if_string()) prompt.stops.emplace_back(view(*text));
    }
}

void read_options(Fields& body, Prompt& prompt) {
    const json::object* object = body.object("options");
    if (object == nullptr) return;
    Fields options(*object, "options", body.problem());
    prompt.temperature = options.number("temperature");
    prompt.top_p = options.number("top_p");
    prompt.top_k = options.integer("top_k");
    prompt.seed = options.integer("seed");
    prompt.frequency_penalty = options.number("frequency_penalty");
    prompt.presence_penalty = options.number("presence_penalty");
    const std::optional<int64_t> output_max = options.integer("num_predict");
    if (output_max && *output_max >= 0) prompt.output_max = output_max;
    read_stops(options, prompt);
    // How a machine runs a model, not what it says.
    options.hints({"num_ctx", "num_gpu", "num_thread", "num_batch", "num_keep", "main_gpu", "low_vram",
                   "use_mmap", "use_mlock", "numa", "f16_kv", "vocab_only"});
    options.close();
}

void read_format(Fields& body, Prompt& prompt) {
    const json::value* format = body.take("format");
    if (format == nullptr) return;
    if (const json::string* word = format->if_string()) {
        if (*word == "json")
            prompt.format = Format::kJson;
        else if (!word->empty())
            body.problem().add("format", "must be json or a schema");
    } else {
        prompt.format = Format::kSchema;
        prompt.schema = to_json(*format);
    }
}

void read_think(Fields& body, Prompt& prompt) {
    const json::value* think = body.take("think");
    if (think == nullptr) return;
    if (think->is_bool()) {
        prompt.effort = think->get_bool() ? Effort::kMedium : Effort::kOff;
    } else if (const json::string* word = think->if_string()) {
        prompt.effort = *word == "low" ? Effort::kLow : *word == "high" ? Effort::kHigh : Effort::kMedium;
    }
}

// ---- writing

void write_images(JsonWriter& out, const Turn& turn, Problem& problem) {
    bool is_open = false;
    for (const Part& part : turn.parts) {
        if (part.kind != Part::Kind::kImage) continue;
        if (!part.image.url.empty()) {
            problem.add(turn.path, "holds an image by address; Ollama takes only images sent as base64");
        }
        if (!is_open) out.key("images").open_array();
        is_open = true;
        out.text(part.image.base64);
    }
    if (is_open) out.close_array();
}

void write_calls(JsonWriter& out, const Turn& turn) {
    bool is_open = false;
    for (const Part& part : turn.parts) {
        if (part.kind != Part::Kind::kToolCall) continue;
        if (!is_open) out.key("tool_calls").open_array();
        is_open = true;
        out.open_object()
            .key("function")
            .open_object()
            .text("name", part.tool_name)
            .raw("arguments", part.text);
        out.close_object().close_object();
    }
    if (is_open) out.close_array();
}

std::string_view word_of(Role role) {
    switch (role) {
        case Role::kSystem:
            return "system";
        case Role::kAssistant:
            return "assistant";
        case Role::kTool:
            return "tool";
        default:
            return "user";
    }
}

void write_turn(JsonWriter& out, const Prompt& prompt, const Turn& turn, Problem& problem) {
    bool has_others = turn.parts.empty();
    for (const Part& part : turn.parts) {
        has_others |= part.kind != Part::Kind::kToolResult;
        if (part.kind != Part::Kind::kToolResult) continue;
        out.open_object()
            .text("role", "tool")
            .text("content", part.is_error ? "Error: " + part.text : part.text);
        const std::string_view name =
            part.tool_name.empty() ? tool_of_call(prompt, part.call_id) : part.tool_name;
        if (!name.empty()) out.text("tool_name", name);
        out.close_object();
    }
    if (!has_others) return;
    out.open_object().text("role", word_of(turn.role)).text("content", joined_text(turn));
    write_images(out, turn, problem);
    write_calls(out, turn);
    out.close_object();
}

void write_tools(JsonWriter& out, const Prompt& prompt, Problem& problem) {
    if (prompt.tool_choice == ToolChoice::kAny || prompt.tool_choice == ToolChoice::kNamed) {
        problem.add("tool_choice", "cannot be sent to Ollama");
    }
    if (prompt.parallel_tools == false) problem.add("parallel_tool_calls", "off cannot be sent to Ollama");
    if (prompt.tools.empty() || prompt.tool_choice == ToolChoice::kNone) return;
    out.key("tools").open_array();
    for (const Tool& tool : prompt.tools) {
        out.open_object().text("type", "function").key("function").open_object().text("name", tool.name);
        if (!tool.description.empty()) out.text("description", tool.description);
        out.raw("parameters", tool.schema).close_object().close_object();
    }
    out.close_array();
}

void write_options(JsonWriter& out, const Prompt& prompt, const UpstreamRequest& to) {
    out.key("options").open_object();
    const std::optional<int64_t> output_max = prompt.output_max ? prompt.output_max : to.output_max_default;
    if (output_max) out.integer("num_predict", *output_max);
    if (prompt.temperature) out.number("temperature", *prompt.temperature);
    if (prompt.top_p) out.number("top_p", *prompt.top_p);
    if (prompt.top_k) out.integer("top_k", *prompt.top_k);
    if (prompt.seed) out.integer("seed", *prompt.seed);
    if (prompt.frequency_penalty) out.number("frequency_penalty", *prompt.frequency_penalty);
    if (prompt.presence_penalty) out.number("presence_penalty", *prompt.presence_penalty);
    if (!prompt.stops.empty()) {
        out.key("stop").open_array();
        for (const std::string& stop : prompt.stops) out.text(stop);
        out.close_array();
    }
    out.close_object();
}

}  // namespace

Prompt read_ollama(const json::object& object, Problem& problem) {
    Fields body(object, "", problem);
    Prompt prompt;
    CallIds ids;
    const json::array* messages = body.array("messages");
    if (messages == nullptr) problem.add("messages", "is missing");
    for (size_t i = 0; messages != nullptr && i < messages->size(); ++i) {
        const json::object* message = (*messages)[i].if_object();
        if (message == nullptr)
            problem.add(body.path_of("messages", i), "must be an object");
        else
            prompt.turns.push_back(read_message(*message, body.path_of("messages", i), ids, problem));
    }
    read_tools(body, prompt);
    read_options(body, prompt);
    read_format(body, prompt);
    read_think(body, prompt);
    prompt.stream = body.flag("stream").value_or(true);
    body.hints({"model", "keep_alive"});
    body.close();
    return prompt;
}

std::string write_ollama(const Prompt& prompt, const UpstreamRequest& to, Problem& problem) {
    std::string body;
    JsonWriter out(body);
    out.open_object().text("model", to.model).key("messages").open_array();
    for (const Turn& turn : prompt.turns) write_turn(out, prompt, turn, problem);
    out.close_array();
    write_tools(out, prompt, problem);
    write_options(out, prompt, to);
    if (prompt.format == Format::kJson) out.text("format", "json");
    if (prompt.format == Format::kSchema) out.raw("format", prompt.schema);
    if (prompt.effort != Effort::kUnset) out.boolean("think", prompt.effort != Effort::kOff);
    out.boolean("stream", prompt.stream).close_object();
    return body;
}

}  // namespace nightshift::gateway::translate
