#include "net/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace nightshift::net {
namespace {

constexpr std::array<std::string_view, 4> kOurHeaders = {"content-length", "transfer-encoding", "connection",
                                                         "date"};

bool is_ours(std::string_view name) {
    return std::any_of(kOurHeaders.begin(), kOurHeaders.end(),
                       [&](std::string_view ours) { return equals_ignore_case(name, ours); });
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    size_t start = out.size();
    out += value;
    for (size_t i = start; i < out.size(); ++i) {
        if (static_cast<unsigned char>(out[i]) < 0x20 && out[i] != '\t') out[i] = ' ';
    }
    out += "\r\n";
}

void append_response_head(std::string& out, const ResponseHead& head) {
    fmt::format_int status(head.status);
    out += "HTTP/1.1 ";
    out.append(status.data(), status.size());
    out += ' ';
    out += reason_phrase(head.status);
    out += "\r\nDate: ";
    out += head.date;
    out += "\r\n";
    for (const auto& [name, value] : head.headers->fields()) {
        if (!is_ours(name)) append_header(out, name, value);
    }
    if (head.framing == Framing::kLength) {
        fmt::format_int length(head.body_bytes);
        out += "Content-Length: ";
        out.append(length.data(), length.size());
        out += "\r\n";
    } else if (head.framing == Framing::kChunked) {
        out += "Transfer-Encoding: chunked\r\n";
    }
    if (!head.is_keep_alive) out += "Connection: close\r\n";
    out += "\r\n";
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 402:
            return "Payment Required";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Unknown";
    }
}

std::string_view DateText::at(std::time_t now) {
    if (now == second_) return text_;
    static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                              "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    gmtime_r(&now, &utc);
    text_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<size_t>(utc.tm_wday)],
                        utc.tm_mday, kMonths[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900,
                        utc.tm_hour, utc.tm_min, utc.tm_sec);
    second_ = now;
    return text_;
}

}  // namespace nightshift::net
