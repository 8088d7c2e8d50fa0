#include <boost/json.hpp>

#include "gateway/dialects/splice.h"
#include "gateway/dialects/translate/prompt.h"

namespace nightshift::gateway {
namespace {

namespace json = boost::json;

translate::Prompt read_prompt(Dialect from, const json::object& body, translate::Problem& problem) {
    switch (from) {
        case Dialect::kChat:
            return translate::read_chat(body, problem);
        case Dialect::kMessages:
            return translate::read_messages(body, problem);
        case Dialect::kOllamaChat:
            return translate::read_ollama(body, problem);
        default:
            break;
    }
    problem.add(to_string(from), "cannot be served by this target");
    return {};
}

std::string write_prompt(const translate::Prompt& prompt, const UpstreamRequest& to,
                         translate::Problem& problem) {
    switch (to.dialect) {
        case Dialect::kChat:
            return translate::write_chat(prompt, to, problem);
        case Dialect::kMessages:
            return translate::write_messages(prompt, to, problem);
        case Dialect::kOllamaChat:
            return translate::write_ollama(prompt, to, problem);
        default:
            break;
    }
    problem.add(to_string(to.dialect), "is no dialect to translate into");
    return "";
}

}  // namespace

Result<std::string> prepare_request(const RequestFacts& facts, std::string_view body,
                                    const UpstreamRequest& to) {
    if (facts.dialect == to.dialect) return splice_request(facts, body, to);
    json::monotonic_resource memory;
    json::value parsed(&memory);
    if (!translate::parse_json(body, parsed) || !parsed.is_object()) {
        return fail(Code::kInvalid, "the body is not a JSON object");
    }
    translate::Problem problem;
    const translate::Prompt prompt = read_prompt(facts.dialect, parsed.get_object(), problem);
    if (problem.any()) return problem.failure();
    std::string out = write_prompt(prompt, to, problem);
    if (problem.any()) return problem.failure();
    return out;
}

}  // namespace nightshift::gateway
