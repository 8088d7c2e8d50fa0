#include "gateway/dialects/translate/prompt.h"

namespace nightshift::gateway::translate {

std::string joined_text(const Turn& turn) {
    std::string text;
    for (const Part& part : turn.parts) {
        if (part.kind != Part::Kind::kText || part.text.empty()) continue;
        if (!text.empty()) text += "\n\n";
        text += part.text;
    }
    return text;
}

std::string_view tool_of_call(const Prompt& prompt, std::string_view call_id) {
    for (const Turn& turn : prompt.turns) {
        for (const Part& part : turn.parts) {
            if (part.kind == Part::Kind::kToolCall && part.call_id == call_id) return part.tool_name;
        }
    }
    return "";
}

}  // namespace nightshift::gateway::translate
