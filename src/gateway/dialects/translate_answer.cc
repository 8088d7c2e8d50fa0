#include <boost/json.hpp>

#include "gateway/dialects/answer.h"
#include "gateway/dialects/translate/fields.h"
#include "gateway/dialects/translate/reply.h"

namespace nightshift::gateway {
namespace {

namespace json = boost::json;

Result<translate::Reply> read_reply(Dialect from, const json::object& body) {
    switch (from) {
        case Dialect::kChat:
            return translate::read_chat_reply(body);
        case Dialect::kMessages:
            return translate::read_messages_reply(body);
        case Dialect::kOllamaChat:
            return translate::read_ollama_reply(body);
        default:
            return fail(Code::kCorrupt, "answers of {} are not translated", to_string(from));
    }
}

}  // namespace

std::string made_up_id(const AnswerOptions& options) {
    return options.id.empty() ? fmt::format("chatcmpl-{}", options.now_s)
                              : fmt::format("chatcmpl-{}", options.id);
}

Result<std::string> translate_answer(Dialect from, Dialect to, std::string body,
                                     const AnswerOptions& options) {
    if (from == to) return body;
    json::value parsed;
    if (!translate::parse_json(body, parsed) || !parsed.is_object()) {
        return fail(Code::kCorrupt, "the answer is not a JSON object");
    }
    NS_TRY(translate::Reply reply, read_reply(from, parsed.get_object()));
    // The kind matters for errors alone, and this is none.
    Answer facts = read_answer(ProviderKind::kOpenAi, from, body);
    reply.id = facts.response_id.empty() ? made_up_id(options) : std::move(facts.response_id);
    reply.model = options.model.empty() ? facts.model : std::string(options.model);
    reply.usage = facts.usage;
    reply.finish = facts.finish;
    if (!reply.calls.empty() && reply.finish == Finish::kStop) reply.finish = Finish::kToolCalls;
    reply.created_s = options.now_s;
    switch (to) {
        case Dialect::kChat:
            return translate::write_chat_reply(reply);
        case Dialect::kMessages:
            return translate::write_messages_reply(reply);
        case Dialect::kOllamaChat:
            return translate::write_ollama_reply(reply);
        default:
            return fail(Code::kCorrupt, "answers are not translated into {}", to_string(to));
    }
}

}  // namespace nightshift::gateway
