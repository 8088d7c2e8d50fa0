#include "gateway/dialects/answer.h"

#include "gateway/dialects/error_body.h"
#include "gateway/dialects/stream_facts.h"

namespace nightshift::gateway {
namespace {

using Kind = JsonCursor::Kind;

// The whole body of each dialect into `facts`, like a stream of one frame. kMeta when there is no answer in
// it.
PieceKind read_messages_body(std::string_view json, StreamFacts& facts) {
    JsonCursor cursor(json);
    if (!cursor.enter_object()) return PieceKind::kBroken;
    std::string type;
    bool has_content = false;
    while (auto key = cursor.next_key()) {
        if (*key == "type")
            type = cursor.text().value_or("");
        else if (*key == "id")
            facts.response_id = cursor.text().value_or("");
        else if (*key == "model")
            facts.model = cursor.text().value_or("");
        else if (*key == "stop_reason")
            facts.finish = messages_finish(cursor.text().value_or(""));
        else if (*key == "usage")
            facts.counts.read(cursor);
        else if (*key == "content" && cursor.kind() == Kind::kArray) {
            has_content = true;
            facts.content_bytes += cursor.skip().size();
        } else
            cursor.skip();
    }
    if (!cursor.finish()) return PieceKind::kBroken;
    if (type == "error") {
        facts.error = error_inside_answer(facts.kind, read_error_body(json).value_or(ErrorBody{}));
        return PieceKind::kError;
    }
    return has_content ? PieceKind::kContent : PieceKind::kMeta;
}

PieceKind read_responses_body(std::string_view json, StreamFacts& facts) {
    JsonCursor cursor(json);
    if (!cursor.enter_object()) return PieceKind::kBroken;
    std::string status;
    std::string_view output;
    bool has_error = false;
    while (auto key = cursor.next_key()) {
        if (*key == "status")
            status = cursor.text().value_or("");
        else if (*key == "id")
            facts.response_id = cursor.text().value_or("");
        else if (*key == "model")
            facts.model = cursor.text().value_or("");
        else if (*key == "usage")
            facts.counts.read(cursor);
        else if (*key == "output" && cursor.kind() == Kind::kArray)
            output = cursor.skip();
        else if (*key == "error")
            has_error = cursor.skip() != "null";
        else
            cursor.skip();
    }
    if (!cursor.finish()) return PieceKind::kBroken;
    if (has_error || status == "failed") {
        facts.error = error_inside_answer(facts.kind, read_error_body(json).value_or(ErrorBody{}));
        return PieceKind::kError;
    }
    facts.content_bytes = output.size();
    facts.has_tool_calls = output.find("\"function_call\"") != std::string_view::npos;
    facts.finish = facts.has_tool_calls ? Finish::kToolCalls : Finish::kStop;
    if (status == "incomplete") facts.finish = Finish::kLength;
    // A background response is answered before it has any output.
    return output.data() != nullptr || status == "queued" || status == "in_progress" ? PieceKind::kContent
                                                                                     : PieceKind::kMeta;
}

PieceKind read_embeddings_body(std::string_view json, StreamFacts& facts) {
    JsonCursor cursor(json);
    if (!cursor.enter_object()) return PieceKind::kBroken;
    bool has_data = false;
    bool has_error = false;
    while (auto key = cursor.next_key()) {
        if (*key == "data")
            has_data = cursor.skip().size() > 2;
        else if (*key == "model")
            facts.model = cursor.text().value_or("");
        else if (*key == "usage")
            facts.counts.read(cursor);
        else if (*key == "error")
            has_error = cursor.skip() != "null";
        else
            cursor.skip();
    }
    if (!cursor.finish()) return PieceKind::kBroken;
    if (has_error) {
        facts.error = error_inside_answer(facts.kind, read_error_body(json).value_or(ErrorBody{}));
        return PieceKind::kError;
    }
    return has_data ? PieceKind::kContent : PieceKind::kMeta;
}

PieceKind read_body(Dialect upstream, std::string_view body, StreamFacts& facts) {
    switch (upstream) {
        case Dialect::kMessages:
            return read_messages_body(body, facts);
        case Dialect::kResponses:
            return read_responses_body(body, facts);
        case Dialect::kEmbeddings:
            return read_embeddings_body(body, facts);
        case Dialect::kOllamaChat:
            return read_ollama_frame(body, facts);
        default:
            return read_chat_frame(body, facts);
    }
}

}  // namespace

Answer read_answer(ProviderKind kind, Dialect upstream, std::string_view body) {
    StreamFacts facts;
    facts.kind = kind;
    const PieceKind read = read_body(upstream, body, facts);
    Answer answer;
    answer.usage = facts.counts.usage(upstream == Dialect::kMessages);
    answer.finish = facts.finish;
    answer.response_id = std::move(facts.response_id);
    answer.model = std::move(facts.model);
    answer.content_bytes = facts.content_bytes;
    if (read == PieceKind::kError) {
        answer.error = std::move(facts.error);
    } else if (body.empty()) {
        answer.error = bad_answer("the answer is empty", "");
    } else if (read == PieceKind::kBroken) {
        answer.error = bad_answer("the answer is not the JSON that was asked for", body);
    } else if (read == PieceKind::kMeta || read == PieceKind::kUsage) {
        answer.error = bad_answer("the answer is JSON without an answer in it", body);
    }
    return answer;
}

}  // namespace nightshift::gateway
