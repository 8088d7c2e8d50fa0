#include <algorithm>
#include <boost/json.hpp>

#include "gateway/dialects/translate/delta.h"
#include "gateway/dialects/translate/fields.h"
#include "gateway/dialects/translate/lenient.h"

namespace nightshift::gateway::translate {
namespace {

namespace json = boost::json;

int64_t index_of(const json::object& object, int64_t otherwise) {
    const json::value* value = object.if_contains("index");
    json::error_code fault;
    const int64_t index = value == nullptr ? otherwise : value->to_number<int64_t>(fault);
    return fault ? otherwise : index;
}

void add_text(std::vector<Delta>& out, Delta::Kind kind, std::string text) {
    if (!text.empty()) out.push_back({kind, std::move(text), 0, "", ""});
}

// The place of the upstream's index among the calls so far; a new one is added.
size_t call_of(std::vector<int64_t>& calls, int64_t index, bool& is_new) {
    const auto found = std::find(calls.begin(), calls.end(), index);
    is_new = found == calls.end();
    const auto place = static_cast<size_t>(found - calls.begin());
    if (is_new) calls.push_back(index);
    return place;
}

void read_chat_calls(const json::array& calls, std::vector<int64_t>& known, std::vector<Delta>& out) {
    for (size_t i = 0; i < calls.size(); ++i) {
        const json::object* call = calls[i].if_object();
        const json::object* function = call == nullptr ? nullptr : object_of(*call, "function");
        if (function == nullptr) continue;
        bool is_new = false;
        const size_t place = call_of(known, index_of(*call, static_cast<int64_t>(i)), is_new);
        if (is_new)
            out.push_back({Delta::Kind::kCall, "", place, text_of(*call, "id"), text_of(*function, "name")});
        std::string arguments = text_of(*function, "arguments");
        if (!arguments.empty()) out.push_back({Delta::Kind::kArguments, std::move(arguments), place, "", ""});
    }
}

void read_chat(const json::object& frame, std::vector<int64_t>& known, std::vector<Delta>& out) {
    const json::array* choices = array_of(frame, "choices");
    const json::object* choice =
        choices == nullptr || choices->empty() ? nullptr : choices->front().if_object();
    const json::object* delta = choice == nullptr ? nullptr : object_of(*choice, "delta");
    if (delta == nullptr) return;
    std::string reasoning = text_of(*delta, "reasoning_content");
    if (reasoning.empty()) reasoning = text_of(*delta, "reasoning");
    add_text(out, Delta::Kind::kReasoning, std::move(reasoning));
    add_text(out, Delta::Kind::kText, text_of(*delta, "content"));
    add_text(out, Delta::Kind::kText, text_of(*delta, "refusal"));
    if (const json::array* calls = array_of(*delta, "tool_calls")) read_chat_calls(*calls, known, out);
}

Result<void> read_messages(const json::object& frame, std::vector<int64_t>& known, std::vector<Delta>& out) {
    const std::string type = text_of(frame, "type");
    bool is_new = false;
    if (type == "content_block_start") {
        const json::object* block = object_of(frame, "content_block");
        const std::string kind = block == nullptr ? "" : text_of(*block, "type");
        if (kind == "tool_use") {
            const size_t place = call_of(known, index_of(frame, 0), is_new);
            out.push_back({Delta::Kind::kCall, "", place, text_of(*block, "id"), text_of(*block, "name")});
        } else if (kind == "text") {
            add_text(out, Delta::Kind::kText, text_of(*block, "text"));
        } else if (kind == "thinking") {
            add_text(out, Delta::Kind::kReasoning, text_of(*block, "thinking"));
        } else if (kind != "redacted_thinking") {
            return fail(Code::kCorrupt, "a block of type {} cannot be translated", kind);
        }
    } else if (type == "content_block_delta") {
        const json::object* delta = object_of(frame, "delta");
        if (delta == nullptr) return fail(Code::kCorrupt, "a content_block_delta without a delta");
        add_text(out, Delta::Kind::kText, text_of(*delta, "text"));
        add_text(out, Delta::Kind::kReasoning, text_of(*delta, "thinking"));
        std::string arguments = text_of(*delta, "partial_json");
        if (arguments.empty()) return {};
        const size_t place = call_of(known, index_of(frame, 0), is_new);
        if (is_new) return fail(Code::kCorrupt, "arguments of a tool call that has not begun");
        out.push_back({Delta::Kind::kArguments, std::move(arguments), place, "", ""});
    }
    return {};
}

void read_ollama(const json::object& frame, std::vector<int64_t>& known, std::vector<Delta>& out) {
    const json::object* message = object_of(frame, "message");
    if (message == nullptr) return;
    add_text(out, Delta::Kind::kReasoning, text_of(*message, "thinking"));
    add_text(out, Delta::Kind::kText, text_of(*message, "content"));
    const json::array* calls = array_of(*message, "tool_calls");
    for (size_t i = 0; calls != nullptr && i < calls->size(); ++i) {
        const json::object* call = (*calls)[i].if_object();
        const json::object* function = call == nullptr ? nullptr : object_of(*call, "function");
        if (function == nullptr) continue;
        // Calls come whole, and each frame's are new ones.
        const size_t place = known.size();
        known.push_back(static_cast<int64_t>(place));
        out.push_back(
            {Delta::Kind::kCall, "", place, fmt::format("call_{}", place), text_of(*function, "name")});
        const json::object* arguments = object_of(*function, "arguments");
        out.push_back(
            {Delta::Kind::kArguments, arguments == nullptr ? "{}" : to_json(*arguments), place, "", ""});
    }
}

}  // namespace

Result<std::vector<Delta>> DeltaReader::read(std::string_view text) {
    json::value parsed;
    if (!parse_json(text, parsed) || !parsed.is_object()) {
        return fail(Code::kCorrupt, "a frame of the stream is no JSON object");
    }
    const json::object& frame = parsed.get_object();
    std::vector<Delta> deltas;
    if (dialect_ == Dialect::kMessages) {
        const Result<void> read = read_messages(frame, calls_, deltas);
        if (!read) return Failure(read.error());
    } else if (dialect_ == Dialect::kOllamaChat) {
        read_ollama(frame, calls_, deltas);
    } else {
        read_chat(frame, calls_, deltas);
    }
    return deltas;
}

}  // namespace nightshift::gateway::translate
