#include "delivery/channels/mail_message.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kAddressBytesMax = 254;     // RFC 5321 §4.5.3.1
constexpr size_t kEncodedWordBytesMax = 42;  // of text in one: 75 characters with the frame (RFC 2047 §2)
constexpr size_t kBase64Line = 76;
constexpr size_t kPlainSubjectMax = 60;

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Header text: as it is, or in encoded words on folded lines.
std::string encode_header(std::string_view text) {
    if (is_plain(text) && text.size() <= kPlainSubjectMax && text.find("=?") == std::string_view::npos) {
        return std::string(text);
    }
    std::string out;
    while (!text.empty()) {
        std::string_view piece = truncate_utf8(text, kEncodedWordBytesMax);
        if (piece.empty()) break;
        text.remove_prefix(piece.size());
        if (!out.empty()) out += "\r\n ";
        out += "=?UTF-8?B?" + base64_encode(piece) + "?=";
    }
    return out;
}

std::string mail_date(Time time) {
    static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = unix_ms(time) / 1000;
    tm parts{};
    ::gmtime_r(&seconds, &parts);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[static_cast<size_t>(parts.tm_wday)],
                       parts.tm_mday, kMonths[static_cast<size_t>(parts.tm_mon)], parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// Recipients on folded lines.
std::string join_addresses(const std::vector<std::string>& addresses) {
    std::string out;
    for (const std::string& each : addresses) {
        if (!out.empty()) out += ",\r\n ";
        out += each;
    }
    return out;
}

}  // namespace

std::string render_mail(const Mail& mail) {
    std::string name = one_line(mail.from_name, 100);
    std::string out = "Date: " + mail_date(mail.date) + "\r\n";
    // A name in encoded form needs no quoting.
    out += name.empty() ? "From: " + mail.from + "\r\n"
                        : "From: =?UTF-8?B?" + base64_encode(truncate_utf8(name, kEncodedWordBytesMax)) +
                              "?=\r\n <" + mail.from + ">\r\n";
    out += "To: " + join_addresses(mail.to) + "\r\n";
    out += "Subject: " + encode_header(one_line(mail.subject, 1000)) + "\r\n";
    out += "Message-ID: <" + mail.message_id + ">\r\n";
    if (!mail.answers_id.empty()) {
        out += "In-Reply-To: <" + mail.answers_id + ">\r\n";
        out += "References: <" + mail.answers_id + ">\r\n";
    }
    // So that no vacation notice answers (RFC 3834).
    out += "Auto-Submitted: auto-generated\r\n";
    out += "MIME-Version: 1.0\r\n";
    out += "Content-Type: text/plain; charset=utf-8\r\n";
    out += "Content-Transfer-Encoding: base64\r\n\r\n";
    std::string body = base64_encode(mail.text);
    for (size_t at = 0; at < body.size(); at += kBase64Line) out += body.substr(at, kBase64Line) + "\r\n";
    return out;
}

bool is_mail_address(std::string_view text) {
    size_t at = text.find('@');
    if (at == 0 || at == std::string_view::npos || at + 1 >= text.size() || text.size() > kAddressBytesMax) {
        return false;
    }
    auto is_fit = [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view("<>()[]\\,;:\"@").find(c) == std::string_view::npos;
    };
    std::string_view local = text.substr(0, at);
    std::string_view domain = text.substr(at + 1);
    return std::all_of(local.begin(), local.end(), is_fit) &&
           std::all_of(domain.begin(), domain.end(), is_fit);
}

std::string queue_id_of(std::string_view answer) {
    // Postfix and its kin: "queued as <id>"; Exim: "id=<id>".
    for (std::string_view mark : {"queued as ", "id="}) {
        size_t at = to_lower(answer).find(mark);
        if (at == std::string::npos) continue;
        std::string_view rest = answer.substr(at + mark.size());
        std::string_view id = rest.substr(0, rest.find_first_of(" \t\r\n;,)"));
        while (id.ends_with('.')) id.remove_suffix(1);
        if (!id.empty()) return std::string(id);
    }
    return "";
}

}  // namespace nightshift::delivery
