#include "ingest/openclaw/frame.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "ingest/openclaw/json.h"

namespace nightshift::ingest::openclaw {

namespace json = boost::json;

Result<Frame> Frame::parse(std::string_view input) {
    if (input.size() > kFrameBytesMax)
        return fail(Code::kLimit, "a frame of {} bytes is too large", input.size());
    json::parse_options options;
    options.max_depth = kFrameDepthMax;
    json::error_code error;
    json::value parsed = json::parse(json::string_view(input.data(), input.size()), error,
                                     json::make_shared_resource<json::monotonic_resource>(), options);
    if (error == json::error::too_deep) return fail(Code::kLimit, "a frame is nested too deeply");
    if (error) return fail(Code::kInvalid, "a frame is not JSON: {}", error.message());
    if (!parsed.is_object()) return fail(Code::kInvalid, "a frame is not a JSON object");

    Frame frame;
    frame.document_ = std::make_shared<const json::value>(std::move(parsed));
    const json::object& object = frame.document_->get_object();
    std::string_view type = text(object, "type");
    if (type.empty()) return fail(Code::kInvalid, "a frame has no type");
    if (type == "event") frame.type_ = Type::kEvent;
    if (type == "res") frame.type_ = Type::kResponse;
    frame.payload_ = &child(object, "payload");
    frame.event_ = text(object, "event");
    frame.id_ = text(object, "id");
    frame.is_ok_ = flag(object, "ok");
    frame.sequence_ = number(object, "seq", -1);
    return frame;
}

RpcError Frame::error() const {
    const json::object& error = child(document_->get_object(), "error");
    const json::object& details = child(error, "details");
    RpcError result;
    result.code = text(error, "code");
    result.message = text(error, "message");
    std::string_view detail = text(details, "code");
    result.detail_code = detail.empty() ? text(details, "reason") : detail;
    result.request_id = text(details, "requestId");
    result.is_retryable = flag(error, "retryable");
    result.retry_after_ms = number(error, "retryAfterMs");
    return result;
}

std::string encode_request(std::string_view id, std::string_view method, std::string_view params) {
    std::string out = R"({"type":"req","id":)";
    append_json_string(out, id);
    out += R"(,"method":)";
    append_json_string(out, method);
    out += R"(,"params":)";
    out += params;
    out += '}';
    return out;
}

}  // namespace nightshift::ingest::openclaw
