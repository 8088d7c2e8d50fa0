#include "delivery/channels/curl_library.h"

#include "base/shared_library.h"

namespace nightshift::delivery {

Result<std::shared_ptr<const CurlLibrary>> CurlLibrary::load() {
    NS_TRY(const SharedLibrary file, SharedLibrary::load("libcurl.so.4"));
    std::shared_ptr<CurlLibrary> curl(new CurlLibrary());
    NS_TRY(curl->easy_init, file.find<decltype(curl_easy_init)>("curl_easy_init"));
    NS_TRY(curl->easy_setopt, file.find<decltype(curl_easy_setopt)>("curl_easy_setopt"));
    NS_TRY(curl->easy_perform, file.find<decltype(curl_easy_perform)>("curl_easy_perform"));
    NS_TRY(curl->easy_strerror, file.find<decltype(curl_easy_strerror)>("curl_easy_strerror"));
    NS_TRY(curl->easy_cleanup, file.find<decltype(curl_easy_cleanup)>("curl_easy_cleanup"));
    NS_TRY(curl->slist_append, file.find<decltype(curl_slist_append)>("curl_slist_append"));
    NS_TRY(curl->slist_free_all, file.find<decltype(curl_slist_free_all)>("curl_slist_free_all"));
    NS_TRY(curl->global_init_, file.find<decltype(curl_global_init)>("curl_global_init"));
    NS_TRY(curl->global_cleanup_, file.find<decltype(curl_global_cleanup)>("curl_global_cleanup"));
    curl->is_ready_ = curl->global_init_(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!curl->is_ready_) return fail(Code::kUnavailable, "libcurl cannot be set up");
    return curl;
}

CurlLibrary::~CurlLibrary() {
    if (is_ready_) global_cleanup_();
}

}  // namespace nightshift::delivery
