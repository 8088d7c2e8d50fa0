#include "gateway/dialects/splice.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace nightshift::gateway {
namespace {

// Replaces `range` by `text`; an empty range inserts.
struct Edit {
    ByteRange range;
    std::string text;
};

constexpr std::string_view kAskUsage = "\"include_usage\":true";

// In the order of precedence: the value is there, its object is there, nothing is there.
Edit ask_usage(const RequestFacts& facts, std::string_view body, size_t first_member) {
    if (!facts.include_usage.empty()) return {facts.include_usage, "true"};
    const ByteRange options = facts.stream_options;
    if (options.empty()) {
        return {{first_member, first_member}, fmt::format("\"stream_options\":{{{}}},", kAskUsage)};
    }
    const std::string_view object = body.substr(options.begin, options.end - options.begin);
    const bool is_empty = object.find('"') == std::string_view::npos;  // {} or null
    if (is_empty) return {options, fmt::format("{{{}}}", kAskUsage)};
    return {{options.begin + 1, options.begin + 1}, fmt::format("{},", kAskUsage)};
}

std::string_view output_max_key(Dialect dialect) {
    switch (dialect) {
        case Dialect::kChat:
            return "max_completion_tokens";
        case Dialect::kMessages:
            return "max_tokens";
        case Dialect::kResponses:
            return "max_output_tokens";
        default:
            return "";
    }
}

}  // namespace

std::string splice_request(const RequestFacts& facts, std::string_view body, const UpstreamRequest& to) {
    // A body with a model has a first member: what is inserted before it takes a comma.
    const size_t first_member = body.find('{') + 1;
    std::vector<Edit> edits;
    Edit model{facts.model_range, ""};
    append_json_string(model.text, to.model);
    edits.push_back(std::move(model));
    const std::string_view output_key = output_max_key(facts.dialect);
    if (!facts.output_max && to.output_max_default && !output_key.empty()) {
        edits.push_back(
            {{first_member, first_member}, fmt::format("\"{}\":{},", output_key, *to.output_max_default)});
    }
    if (facts.dialect == Dialect::kChat && facts.stream && !facts.wants_usage && to.ask_usage) {
        edits.push_back(ask_usage(facts, body, first_member));
    }
    std::sort(edits.begin(), edits.end(),
              [](const Edit& a, const Edit& b) { return a.range.begin < b.range.begin; });

    std::string out;
    out.reserve(body.size() + 128);
    size_t copied_to = 0;
    for (const Edit& edit : edits) {
        out.append(body, copied_to, edit.range.begin - copied_to).append(edit.text);
        copied_to = edit.range.end;
    }
    return out.append(body, copied_to);
}

}  // namespace nightshift::gateway
