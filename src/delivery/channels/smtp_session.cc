#include "delivery/channels/smtp_session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/text.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kAnswerLinesMax = 200;

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// What libcurl's callbacks share.
struct Session {
    std::string_view unsent;
    bool is_complete = false;
    std::vector<std::string> answers_before;  // to commands
    std::vector<std::string> answers_after;   // to the message
    const std::stop_token* stop = nullptr;
    bool is_open = true;  // the answer to QUIT is of no interest
};

size_t read_message(char* buffer, size_t size, size_t count, void* user) {
    auto& session = *static_cast<Session*>(user);
    size_t length = std::min(size * count, session.unsent.size());
    std::memcpy(buffer, session.unsent.data(), length);
    session.unsent.remove_prefix(length);
    if (length == 0) session.is_complete = true;
    return length;
}

size_t take_answer(char* data, size_t size, size_t count, void* user) {
    auto& session = *static_cast<Session*>(user);
    auto& lines = session.is_complete ? session.answers_after : session.answers_before;
    if (session.is_open && lines.size() < kAnswerLinesMax) lines.emplace_back(trim({data, size * count}));
    return size * count;
}

int check_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Session*>(user)->stop->stop_requested() ? 1 : 0;
}

size_t discard(char*, size_t size, size_t count, void*) {
    return size * count;
}

// The status of an answer's line: "250 2.0.0 Ok", also "250-…" of one with more lines.
int status_of(std::string_view line) {
    auto status = parse_uint(line.substr(0, 3));
    return line.size() >= 3 && status && *status >= 200 && *status < 600 ? static_cast<int>(*status) : 0;
}

// The answer to the message: the first one that is complete. The one to QUIT may follow.
std::string verdict(const std::vector<std::string>& answers) {
    for (const std::string& line : answers) {
        if (status_of(line) != 0 && line.substr(3, 1) != "-") return line;
    }
    return "";
}

// What a command was refused with, if nothing was agreed to since; the answer to QUIT does not count.
std::string refusal(const std::vector<std::string>& answers) {
    static constexpr int kClosing = 221;
    std::string last;
    for (const std::string& line : answers) {
        int status = status_of(line);
        if (status >= 400) {
            last = line;
        } else if (status != 0 && status != kClosing) {
            last.clear();
        }
    }
    return last;
}

void configure(const CurlLibrary& curl, CURL* handle, const SmtpServer& server, const std::string& from,
               Session& session) {
    auto set = [&](CURLoption option, auto value) { curl.easy_setopt(handle, option, value); };
    set(CURLOPT_URL, server.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROXY, "");  // the environment's proxies are for HTTP
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
    auto seconds = std::chrono::ceil<std::chrono::seconds>(server.timeout);
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(seconds.count()));
    if (server.needs_tls) set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!server.ca_file.empty()) set(CURLOPT_CAINFO, server.ca_file.c_str());
    if (!server.user.empty()) {
        set(CURLOPT_USERNAME, server.user.c_str());
        set(CURLOPT_PASSWORD, server.password.reveal().c_str());
    }
    set(CURLOPT_MAIL_FROM, ("<" + from + ">").c_str());
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, read_message);
    set(CURLOPT_READDATA, &session);
    set(CURLOPT_HEADERFUNCTION, take_answer);
    set(CURLOPT_HEADERDATA, &session);
    set(CURLOPT_WRITEFUNCTION, discard);
    set(CURLOPT_XFERINFOFUNCTION, check_stop);
    set(CURLOPT_XFERINFODATA, &session);
    set(CURLOPT_NOPROGRESS, 0L);
}

}  // namespace

SmtpResult send_mail(const CurlLibrary& curl, const SmtpServer& server, const std::string& from,
                     const std::vector<std::string>& to, const std::string& message,
                     const std::stop_token& stop) {
    Session session;
    session.unsent = message;
    session.stop = &stop;
    SmtpResult result;
    List recipients(nullptr, curl.slist_free_all);
    for (const std::string& each : to) {
        curl_slist* longer = curl.slist_append(recipients.get(), ("<" + each + ">").c_str());
        std::ignore = recipients.release();
        recipients.reset(longer);
    }
    Handle handle(curl.easy_init(), curl.easy_cleanup);
    if (!handle || !recipients) {
        result.error = "out of memory";
        return result;
    }
    std::array<char, CURL_ERROR_SIZE> why{};
    configure(curl, handle.get(), server, from, session);
    curl.easy_setopt(handle.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl.easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, why.data());
    CURLcode code = curl.easy_perform(handle.get());
    session.is_open = false;

    result.is_complete = session.is_complete;
    result.answer = session.is_complete ? verdict(session.answers_after) : refusal(session.answers_before);
    result.status = status_of(result.answer);
    result.is_accepted = session.is_complete && result.status >= 200 && result.status < 300;
    if (!result.is_accepted) result.error = why[0] != '\0' ? why.data() : curl.easy_strerror(code);
    return result;
}

}  // namespace nightshift::delivery
