#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace nightshift {

std::string_view to_string(Code code) {
    switch (code) {
        case Code::kInvalid:
            return "invalid";
        case Code::kNotFound:
            return "not_found";
        case Code::kConflict:
            return "conflict";
        case Code::kUnauthorized:
            return "unauthorized";
        case Code::kForbidden:
            return "forbidden";
        case Code::kLimit:
            return "limit";
        case Code::kUnavailable:
            return "unavailable";
        case Code::kTimeout:
            return "timeout";
        case Code::kCancelled:
            return "cancelled";
        case Code::kCorrupt:
            return "corrupt";
        case Code::kIo:
            return "io";
        case Code::kInternal:
            return "internal";
    }
    return "internal";
}

Failure fail_errno(std::string_view what, std::string_view path) {
    int error = errno;
    return fail(Code::kIo, "{} {}: {}", what, path, std::strerror(error));
}

}  // namespace nightshift
