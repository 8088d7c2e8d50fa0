#include <boost/json.hpp>
#include <cstdlib>

#include "base/text.h"
#include "gateway/dialects/stream.h"
#include "gateway/loops.h"

// The first byte picks a pair of dialects, the second how a stream is cut, the rest is a request, an answer
// and a stream at once.
namespace {

using namespace nightshift;
using namespace nightshift::gateway;

constexpr Dialect kDialects[] = {Dialect::kChat, Dialect::kMessages, Dialect::kOllamaChat,
                                 Dialect::kResponses, Dialect::kEmbeddings};

void check(bool claim) {
    if (!claim) std::abort();
}

boost::json::value parsed(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 256;
    boost::json::error_code fault;
    boost::json::value value =
        boost::json::parse(boost::json::string_view(text.data(), text.size()), fault, {}, options);
    check(!fault);
    return value;
}

// What we send has the target's model, and is JSON, whatever stood around it.
void try_request(Dialect from, Dialect to, std::string_view body) {
    const Result<RequestFacts> facts = read_request(from, body);
    check(is_valid_utf8(explain(find_loop(read_conversation(from, body), {}))));
    if (!facts || !is_valid_utf8(body)) return;
    UpstreamRequest target;
    target.dialect = to;
    target.model = "target";
    target.output_max_default = 100;
    const Result<std::string> out = prepare_request(*facts, body, target);
    if (!out) {
        check(from != to && out.error().code == Code::kInvalid);
        return;
    }
    const boost::json::value request = parsed(*out);
    check(request.at("model").as_string() == "target");
}

void try_answer(Dialect from, Dialect to, std::string_view body) {
    const Answer answer = read_answer(ProviderKind::kOpenAi, from, body);
    if (answer.error) check(is_valid_utf8(answer.error->message));
    if (answer.error || from == to || !is_valid_utf8(body)) return;
    const Result<std::string> out = translate_answer(from, to, std::string(body), {});
    if (out) parsed(*out);
    const UpstreamError error = classify_error(ProviderKind::kGroq, 429, {}, body, {});
    check(is_valid_utf8(error.message) && error.message.size() < 4000);
}

struct Heard {
    std::vector<PieceKind> kinds;
    std::string raw;
    bool operator==(const Heard&) const = default;
};

Heard read_stream(Dialect from, Dialect to, std::string_view bytes, size_t portion) {
    RequestFacts facts;
    facts.dialect = to;
    StreamReader reader(ProviderKind::kOpenAi, from);
    StreamWriter writer(facts, from, {});
    Heard heard;
    std::string out;
    bool is_written = true;
    auto take = [&] {
        while (const std::optional<Piece> piece = reader.next()) {
            heard.kinds.push_back(piece->kind);
            heard.raw += piece->raw;
            is_written = is_written && writer.write(*piece, out);
        }
    };
    for (size_t at = 0; at < bytes.size(); at += portion) {
        const std::string copy(bytes.substr(at, portion));
        reader.feed(copy);
        take();
    }
    reader.end();
    take();
    if (from == to || !is_written) return heard;
    // A translation is a stream of its dialect, and as whole as what it was made from.
    if (reader.ended_properly()) writer.end(out);
    StreamReader again(ProviderKind::kOpenAi, to);
    again.feed(out);
    while (const std::optional<Piece> piece = again.next()) check(piece->kind != PieceKind::kBroken);
    check(!again.ended_properly() || reader.ended_properly());
    return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const Dialect from = kDialects[data[0] % 5];
    const bool translates = data[0] % 5 < 3;
    const Dialect to = translates ? kDialects[data[0] / 5 % 3] : from;
    const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
    try_request(from, to, text);
    try_answer(from, to, text);
    if (from == Dialect::kEmbeddings) return 0;
    const Heard whole = read_stream(from, to, text, std::max<size_t>(text.size(), 1));
    const Heard cut = read_stream(from, to, text, data[1] % 64 + 1);
    check(whole == cut);
    return 0;
}
