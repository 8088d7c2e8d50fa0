#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "base/secret.h"
#include "delivery/channels/curl_library.h"

namespace nightshift::delivery {

struct SmtpServer {
    std::string url;   // smtp:// or smtps://
    std::string user;  // empty: no authentication
    Secret password;
    bool needs_tls = true;  // smtp:// continues only after STARTTLS
    std::string ca_file;    // empty: the system's authorities
    std::chrono::milliseconds timeout{20'000};
};

struct SmtpResult {
    bool is_accepted = false;  // the server answered the message with 2xx
    // The whole message was handed over, its end included: from here on it may have been taken.
    bool is_complete = false;
    int status = 0;      // of the last answer that counts; 0: none
    std::string answer;  // the server's words: the 2xx to the message, or the refusal
    std::string error;   // when not accepted
};

// Hands over one message. Blocking: at most about `timeout`, or until `stop` is requested.
SmtpResult send_mail(const CurlLibrary& curl, const SmtpServer& server, const std::string& from,
                     const std::vector<std::string>& to, const std::string& message,
                     const std::stop_token& stop);

}  // namespace nightshift::delivery
