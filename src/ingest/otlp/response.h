#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/otlp/view.h"

// The bodies of OTLP answers: the specification wants them in the encoding of the request.
namespace nightshift::ingest::otlp {

enum class Encoding : uint8_t { kProtobuf, kJson };

std::string_view content_type(Encoding encoding);

// An ExportXServiceResponse. Without rejections and message it is empty, as a full success has to be.
std::string export_response(Signal signal, Encoding encoding, uint64_t rejected, std::string_view message);

// google.rpc.Code, as far as we need it.
enum class RpcCode : int {
    kInvalidArgument = 3,
    kResourceExhausted = 8,
    kUnimplemented = 12,
    kInternal = 13,
    kUnavailable = 14
};

// A google.rpc.Status, the body of every 4xx and 5xx.
std::string status_response(Encoding encoding, RpcCode code, std::string_view message);

}  // namespace nightshift::ingest::otlp
