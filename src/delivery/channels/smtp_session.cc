#include "delivery/channels/smtp_session.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/text.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kAnswerLinesMax = 200;

struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, Free>;
using List = std::unique_ptr<curl_slist, Free>;

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

void configure(CURL* curl, const SmtpServer& server, const std::string& from, Session& session) {
    curl_easy_setopt(curl, CURLOPT_URL, server.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // the environment's proxies are for HTTP
    curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
    auto seconds = std::chrono::ceil<std::chrono::seconds>(server.timeout);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(seconds.count()));
    if (server.needs_tls) curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!server.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, server.ca_file.c_str());
    if (!server.user.empty()) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, server.user.c_str());
        curl_easy_setopt(curl, CURLOPT_PASSWORD, server.password.reveal().c_str());
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, ("<" + from + ">").c_str());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(curl, CURLOPT_READDATA, &session);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &session);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, check_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &session);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

}  // namespace

CurlLibrary::CurlLibrary() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}
CurlLibrary::~CurlLibrary() {
    curl_global_cleanup();
}

SmtpResult send_mail(const SmtpServer& server, const std::string& from, const std::vector<std::string>& to,
                     const std::string& message, const std::stop_token& stop) {
    Session session;
    session.unsent = message;
    session.stop = &stop;
    SmtpResult result;
    List recipients;
    for (const std::string& each : to) {
        curl_slist* longer = curl_slist_append(recipients.get(), ("<" + each + ">").c_str());
        std::ignore = recipients.release();
        recipients.reset(longer);
    }
    Handle curl(curl_easy_init());
    if (!curl || !recipients) {
        result.error = "out of memory";
        return result;
    }
    std::array<char, CURL_ERROR_SIZE> why{};
    configure(curl.get(), server, from, session);
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, why.data());
    CURLcode code = curl_easy_perform(curl.get());
    session.is_open = false;

    result.is_complete = session.is_complete;
    result.answer = session.is_complete ? verdict(session.answers_after) : refusal(session.answers_before);
    result.status = status_of(result.answer);
    result.is_accepted = session.is_complete && result.status >= 200 && result.status < 300;
    if (!result.is_accepted) result.error = why[0] != '\0' ? why.data() : curl_easy_strerror(code);
    return result;
}

}  // namespace nightshift::delivery
