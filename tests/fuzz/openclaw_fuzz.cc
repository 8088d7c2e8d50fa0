// Frames of an OpenClaw gateway, one a line: whatever a peer sends, the bridge makes no event that others
// cannot trust. Events go through the mapper, responses answer the reconciliation's next call.
#include <boost/json.hpp>
#include <optional>
#include <string>

#include "base/assert.h"
#include "base/text.h"
#include "ingest/openclaw/handshake.h"
#include "ingest/openclaw/mapping.h"
#include "ingest/openclaw/reconcile.h"

using namespace nightshift;
using namespace nightshift::ingest::openclaw;

namespace {

MapperOptions options() {
    MapperOptions result;
    result.gateway = "g";
    result.keep_content = true;
    result.redact = [](std::string_view text) { return std::string(text); };
    return result;
}

void check(const recorder::Event& event) {
    NS_ASSERT(!event.id.empty());
    NS_ASSERT(event.source == "openclaw/g");
    NS_ASSERT(event.time_us >= 0);
    NS_ASSERT(event.duration_us >= -1);
    NS_ASSERT(event.input_tokens >= event.cache_read_tokens);
    NS_ASSERT(event.cost_nano_usd >= 0);
    for (std::string_view field :
         {event.id, event.agent, event.session, event.name, event.model, event.error_type})
        NS_ASSERT(field.size() <= 700 && is_valid_utf8(field));
    for (std::string_view object : {event.attributes, event.content}) {
        if (object.empty()) continue;
        boost::json::error_code error;
        boost::json::value parsed = boost::json::parse(object, error);
        NS_ASSERT(!error && parsed.is_object());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    Mapper mapper(options());
    Hello hello;
    hello.methods = {"tasks.list", "audit.activity.list"};
    Reconciliation reconciliation(mapper, hello, 0);
    std::optional<Call> call = reconciliation.next();
    recorder::EventBatch out;
    Time now = from_unix_ms(1'795'314'000'000);
    for (std::string_view line : split(input, '\n')) {
        auto frame = Frame::parse(line);
        if (!frame) continue;
        now += seconds(1);
        if (frame->type() == Frame::Type::kEvent) mapper.map(*frame, now, out);
        if (frame->type() == Frame::Type::kResponse) {
            RpcError error = frame->error();
            explain_refusal(error, "ws://g");
            auto greeting = parse_hello(*frame, Scope::kRead);
            if (call) reconciliation.answered(*frame, out);
            if (call) call = reconciliation.next();
        }
    }
    mapper.gateway_restarted(unix_ms(now), out);
    mapper.expire(now + seconds(1000), out);
    for (const recorder::Event& event : out.events) check(event);
    return 0;
}
