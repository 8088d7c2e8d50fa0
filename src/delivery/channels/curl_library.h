#pragma once

#include <curl/curl.h>

#include <memory>

#include "base/result.h"

namespace nightshift::delivery {

// What is used of libcurl, with its global state. Loaded only where an e-mail channel is configured: with
// what it brings along it takes megabytes. Any thread.
class CurlLibrary {
public:
    // kUnavailable when libcurl is not installed.
    static Result<std::shared_ptr<const CurlLibrary>> load();
    ~CurlLibrary();
    CurlLibrary(const CurlLibrary&) = delete;
    CurlLibrary& operator=(const CurlLibrary&) = delete;

    // libcurl's own functions without their prefix.
    decltype(&curl_easy_init) easy_init = nullptr;
    decltype(&curl_easy_setopt) easy_setopt = nullptr;
    decltype(&curl_easy_perform) easy_perform = nullptr;
    decltype(&curl_easy_strerror) easy_strerror = nullptr;
    decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
    decltype(&curl_slist_append) slist_append = nullptr;
    decltype(&curl_slist_free_all) slist_free_all = nullptr;

private:
    CurlLibrary() = default;
    decltype(&curl_global_init) global_init_ = nullptr;
    decltype(&curl_global_cleanup) global_cleanup_ = nullptr;
    bool is_ready_ = false;
};

}  // namespace nightshift::delivery
