#include "net/http1.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/optional/optional.hpp>

#include "base/assert.h"
#include "base/text.h"

namespace nightshift::net {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

constexpr size_t kBodyReserveMax =
    1u << 20;  // reserved on the word of Content-Length; beyond it the body grows as it comes
constexpr size_t kResponseHeadBytesMax = 256u << 10;
constexpr int kInterimResponsesMax = 8;
// A chunked body ends with at least "0\r\n\r\n". Beast asserts that it gets so much of an end it has seen in
// part, so it never gets less: whoever is short of five bytes is not at the end yet.
constexpr size_t kChunkedBytesMin = 5;

std::string_view view(string_view text) {
    return {text.data(), text.size()};
}

Method to_method(http::verb verb) {
    switch (verb) {
        case http::verb::get:
            return Method::kGet;
        case http::verb::head:
            return Method::kHead;
        case http::verb::post:
            return Method::kPost;
        case http::verb::put:
            return Method::kPut;
        case http::verb::patch:
            return Method::kPatch;
        case http::verb::delete_:
            return Method::kDelete;
        case http::verb::options:
            return Method::kOptions;
        default:
            return Method::kOther;
    }
}

// "/path?query", also behind "http://host" (RFC 9112 §3.2.2), or "*".
bool set_target(RequestHead& head, std::string_view target) {
    head.target = target;
    if (target == "*") {
        head.path = target;
        return true;
    }
    size_t scheme_end = target.front() == '/' ? std::string_view::npos : target.find("://");
    if (scheme_end != std::string_view::npos) {
        size_t path_start = target.find_first_of("/?", scheme_end + 3);
        target = path_start == std::string_view::npos ? "/" : target.substr(path_start);
    }
    size_t mark = std::min(target.find('?'), target.size());
    auto path = percent_decode(target.substr(0, mark));
    if (!path) return false;
    head.path = path->empty() ? "/" : std::move(*path);
    head.query = target.substr(std::min(mark + 1, target.size()));
    return true;
}

int status_for(const error_code& error) {
    if (error == http::error::header_limit) return 431;
    if (error == http::error::body_limit) return 413;
    if (error == http::error::bad_version) return 505;
    return 400;
}

}  // namespace

struct RequestReader::Parser final : http::basic_parser<true> {
    explicit Parser(size_t head_bytes_max) {
        header_limit(static_cast<uint32_t>(std::min<size_t>(head_bytes_max, UINT32_MAX)));
        body_limit(boost::none);
    }

    void on_request_impl(http::verb verb, string_view, string_view target, int http_version,
                         error_code& error) override {
        version = http_version;
        request.method = to_method(verb);
        if (!set_target(request, view(target))) error = http::error::bad_target;
    }
    void on_field_impl(http::field field, string_view name, string_view value, error_code&) override {
        if (is_head_done) return;  // trailers: nothing we serve needs them
        if (field == http::field::host) ++hosts;
        if (field == http::field::transfer_encoding && !equals_ignore_case(view(value), "chunked"))
            has_odd_encoding = true;
        request.headers.add(view(name), view(value));
    }
    void on_header_impl(error_code&) override { is_head_done = true; }
    void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
        if (length) request.body.reserve(static_cast<size_t>(std::min<uint64_t>(*length, kBodyReserveMax)));
    }
    size_t on_body_impl(string_view bytes, error_code&) override {
        request.body.append(view(bytes));
        return bytes.size();
    }
    void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}
    size_t on_chunk_body_impl(uint64_t, string_view bytes, error_code& error) override {
        return on_body_impl(bytes, error);
    }
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, string_view, int, error_code&) override {}

    Request request;
    bool is_head_done = false;
    bool has_odd_encoding = false;
    int hosts = 0;
    int version = 0;  // 10 or 11
};

RequestReader::RequestReader(size_t head_bytes_max) : head_bytes_max_(head_bytes_max) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

void RequestReader::put_failed(const std::string& why, int status) {
    stage_ = Stage::kFailed;
    error_status_ = status;
    error_text_ = why;
}

size_t RequestReader::put(std::string_view bytes) {
    NS_ASSERT(stage_ == Stage::kReading || stage_ == Stage::kBody);
    if (bytes.empty()) return 0;
    size_t skipped = 0;
    if (parser_ == nullptr) {
        // RFC 9112 §2.2: empty lines before a request are passed over.
        while (bytes.substr(skipped, 2) == "\r\n") skipped += 2;
        if (bytes.substr(skipped) == "\r" || skipped == bytes.size()) return skipped;
        bytes.remove_prefix(skipped);
        parser_ = std::make_unique<Parser>(head_bytes_max_);
    }
    if (stage_ == Stage::kBody && parser_->chunked() && bytes.size() < kChunkedBytesMin) return 0;
    error_code error;
    size_t taken = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    size_t rest = bytes.size() - taken;
    if (stage_ == Stage::kReading) head_bytes_ += taken;
    if (error == http::error::need_more) {
        // What is not taken is one unfinished line: of the head, or of a chunk or the trailers.
        size_t pending = (stage_ == Stage::kReading ? head_bytes_ : 0) + rest;
        if (pending > head_bytes_max_)
            put_failed("a line is too long", stage_ == Stage::kReading ? 431 : 400);
    } else if (error) {
        put_failed(error.message(), status_for(error));
    } else if (stage_ == Stage::kReading && parser_->is_header_done()) {
        check_head();
    } else if (stage_ == Stage::kBody && parser_->is_done()) {
        stage_ = Stage::kDone;
    }
    return skipped + taken;
}

void RequestReader::check_head() {
    stage_ = Stage::kHead;
    if (head_bytes_ > head_bytes_max_) return put_failed("the header is too large", 431);
    if (parser_->has_odd_encoding) return put_failed("only Transfer-Encoding: chunked is understood", 501);
    bool is_host_right = parser_->hosts == 1 || (parser_->hosts == 0 && !is_http11());
    if (!is_host_right) put_failed("a request needs one Host header", 400);
    has_read_head_ = !is_failed();
}

void RequestReader::accept_body(size_t bytes_max) {
    NS_ASSERT(stage_ == Stage::kHead);
    auto length = parser_->content_length();
    if (length && *length > bytes_max) {
        return put_failed(fmt::format("the body may have at most {} bytes", bytes_max), 413);
    }
    parser_->body_limit(bytes_max);
    parser_->eager(true);
    stage_ = parser_->is_done() ? Stage::kDone : Stage::kBody;
}

RequestHead& RequestReader::head() {
    return parser_->request;
}
bool RequestReader::is_http11() const {
    return parser_->version >= 11;
}
bool RequestReader::wants_keep_alive() const {
    return parser_->keep_alive();
}

bool RequestReader::wants_continue() const {
    return is_http11() && equals_ignore_case(parser_->request.headers.get("expect"), "100-continue");
}

size_t RequestReader::body_bytes_left() const {
    if (stage_ != Stage::kBody) return 0;
    return static_cast<size_t>(parser_->content_length_remaining().value_or(0));
}

Request RequestReader::take() {
    NS_ASSERT(is_done());
    return std::move(parser_->request);
}

struct ResponseReader::Parser final : http::basic_parser<false> {
    explicit Parser(ResponseReader& reader) : owner(reader) {
        header_limit(kResponseHeadBytesMax);
        body_limit(boost::none);
        eager(true);
        skip(owner.has_no_body_);
    }

    void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
    void on_response_impl(int code, string_view, int, error_code&) override { owner.status_ = code; }
    void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
        if (!is_header_done()) owner.headers_.add(view(name), view(value));
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
    size_t on_body_impl(string_view bytes, error_code& error) override {
        if (!owner.on_body_(view(bytes))) error = http::error::body_limit;
        return bytes.size();
    }
    void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}
    size_t on_chunk_body_impl(uint64_t, string_view bytes, error_code& error) override {
        return on_body_impl(bytes, error);
    }
    void on_finish_impl(error_code&) override {}

    ResponseReader& owner;
    size_t head_bytes = 0;
};

ResponseReader::ResponseReader(bool has_no_body, std::function<bool(std::string_view)> on_body)
    : has_no_body_(has_no_body), on_body_(std::move(on_body)) {
    start();
}
ResponseReader::~ResponseReader() = default;

void ResponseReader::start() {
    parser_ = std::make_unique<Parser>(*this);
    headers_ = Headers();
    status_ = 0;
}

size_t ResponseReader::put(std::string_view bytes) {
    size_t total = 0;
    for (int interim = 0; total < bytes.size() && !is_done_ && !is_failed(); ++interim) {
        if (interim > kInterimResponsesMax) {
            error_text_ = "too many interim responses";
            break;
        }
        bool is_chunked = parser_->is_header_done() && parser_->chunked();
        if (is_chunked && bytes.size() - total < kChunkedBytesMin) break;
        error_code error;
        size_t taken = parser_->put(boost::asio::buffer(bytes.data() + total, bytes.size() - total), error);
        total += taken;
        if (!parser_->is_header_done()) parser_->head_bytes += taken;
        if (error == http::error::need_more) {
            bool is_too_long = parser_->head_bytes + bytes.size() - total > kResponseHeadBytesMax;
            if (is_too_long) error_text_ = "the header is too large";
            break;
        }
        if (error) {
            error_text_ = error.message();
        } else if (parser_->is_done() && status_ / 100 == 1 && status_ != 101) {
            start();
        } else if (parser_->is_done()) {
            is_done_ = true;
        } else {
            break;
        }
    }
    return total;
}

bool ResponseReader::has_head() const {
    return is_done_ || (parser_->is_header_done() && (status_ / 100 != 1 || status_ == 101));
}

bool ResponseReader::keeps_connection() const {
    return has_head() && parser_->keep_alive();
}

void ResponseReader::put_eof() {
    if (is_done_ || is_failed()) return;
    error_code error = http::error::end_of_stream;
    if (parser_->got_some()) parser_->put_eof(error);
    if (error) {
        error_text_ = "the connection closed before the end of the response";
    } else {
        is_done_ = true;
    }
}

}  // namespace nightshift::net
