#include "net/http1.h"

#include <gtest/gtest.h>

#include <vector>

namespace nightshift::net {
namespace {

// What a stream of bytes, given in pieces of `step`, reads as.
struct Read {
    std::vector<Request> requests;
    int error_status = 0;
};

Read read_all(std::string_view bytes, size_t step, size_t body_bytes_max = 100) {
    Read out;
    RequestReader reader(200);
    std::string inbox;
    while (!bytes.empty()) {
        inbox += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
        while (true) {
            size_t taken = reader.put(inbox);
            inbox.erase(0, taken);
            if (reader.has_head()) reader.accept_body(body_bytes_max);
            if (reader.is_failed()) {
                out.error_status = reader.error_status();
                return out;
            }
            if (reader.is_done()) {
                out.requests.push_back(reader.take());
                reader = RequestReader(200);
            } else if (taken == 0) {
                break;
            }
        }
    }
    return out;
}

TEST(RequestReader, ReadsTheSameHoweverTheBytesAreCut) {
    std::string_view bytes =
        "\r\nGET /a%2Fb?x=1 HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST http://h/p?q HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345"
        "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"
        "PUT /d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
        "chunked\r\n\r\n2;e=\"f\"\r\nab\r\n1\r\nc\r\n0\r\nT: v\r\n\r\n"
        "OPTIONS * HTTP/1.0\r\n\r\n";
    for (size_t step = 1; step <= bytes.size(); ++step) {
        Read read = read_all(bytes, step);
        ASSERT_EQ(read.error_status, 0) << step;
        ASSERT_EQ(read.requests.size(), 5u) << step;
        EXPECT_EQ(read.requests[0].path, "/a/b");
        EXPECT_EQ(read.requests[0].query, "x=1");
        EXPECT_EQ(read.requests[1].path, "/p");
        EXPECT_EQ(read.requests[1].target, "http://h/p?q");
        EXPECT_EQ(read.requests[1].body, "12345");
        EXPECT_EQ(read.requests[2].body, "");
        EXPECT_EQ(read.requests[3].body, "abc");
        EXPECT_EQ(read.requests[3].headers.fields().size(), 2u);
        EXPECT_EQ(read.requests[4].path, "*");
    }
}

TEST(RequestReader, LimitsHeadsAndBodiesHoweverTheBytesAreCut) {
    std::string long_head = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 30; ++i) long_head += "X: 0123456789\r\n";
    std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::pair<std::string, int> cases[] = {
        {long_head + "\r\n", 431},
        {"GET /" + std::string(300, 'a') + " HTTP/1.1\r\n", 431},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n", 413},
        {chunked + "40\r\n" + std::string(64, 'x') + "\r\n40\r\n" + std::string(64, 'x'), 413},
        {chunked + "1;" + std::string(300, 'e'), 400},
        {chunked + "0\r\nT: " + std::string(300, 'e'), 400},
        {chunked + "ffffffffffffffffff\r\n", 400},
    };
    for (const auto& [bytes, status] : cases) {
        for (size_t step : {size_t{1}, size_t{7}, SIZE_MAX}) {
            EXPECT_EQ(read_all(bytes, step).error_status, status) << bytes << step;
        }
    }
}

TEST(RequestReader, TellsWhetherTheConnectionGoesOn) {
    const std::pair<std::string_view, bool> cases[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
    };
    for (const auto& [bytes, is_kept] : cases) {
        RequestReader reader(200);
        while (!reader.has_head()) ASSERT_GT(reader.put(bytes.substr(0)), 0u);
        EXPECT_EQ(reader.wants_keep_alive(), is_kept) << bytes;
    }
}

}  // namespace
}  // namespace nightshift::net
