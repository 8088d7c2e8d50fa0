#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "api/assets.h"
#include "embed/table.h"

namespace nightshift::api {
namespace {

std::string inflate_all(std::string_view gzip, size_t size) {
    std::string out(size + 1, '\0');
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
    stream.avail_in = static_cast<uInt>(gzip.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

TEST(Assets, ServeIndexForTheRootAndForPagesOfTheUi) {
    const auto index = find_asset("/index.html");
    ASSERT_TRUE(index);
    EXPECT_EQ(index->content_type, "text/html; charset=utf-8");
    EXPECT_FALSE(index->is_immutable);
    EXPECT_TRUE(index->identity.starts_with("<!doctype html>"));
    for (const char* path : {"/", "/fleet", "/history", "/session/claude.code:7", "/session/a", "/jobs/x.y",
                             "/run/x@2026-11-22T07:00:00.000001Z"}) {
        const auto page = find_asset(path);
        ASSERT_TRUE(page) << path;
        EXPECT_EQ(page->etag, index->etag) << path;
    }
}

TEST(Assets, AreAbsentWhenNoFileHasThatName) {
    for (const char* path : {"/assets/gone.js", "/assets/gone", "/api/v1/nope", "/v1/nope", "/robots.txt",
                             "/../etc/passwd.txt", "/index.html/x.js"}) {
        EXPECT_FALSE(find_asset(path)) << path;
    }
}

TEST(Assets, AreTheSameCompressedAndPlainWithStrongTagsOfTheirOwn) {
    std::string before;
    size_t scripts = 0;
    for (const auto& file : embedded_files()) {
        EXPECT_LT(before, file.path);
        before = file.path;
        EXPECT_EQ(inflate_all(file.asset.gzip, file.asset.identity.size()), file.asset.identity) << file.path;
        EXPECT_EQ(file.asset.etag.size(), 34U) << file.path;
        EXPECT_TRUE(file.asset.etag.front() == '"' && file.asset.etag.back() == '"') << file.path;
        EXPECT_EQ(file.asset.is_immutable, file.path.starts_with("/assets/")) << file.path;
        if (file.asset.content_type == "text/javascript; charset=utf-8") ++scripts;
        const auto found = find_asset(file.path);
        ASSERT_TRUE(found) << file.path;
        EXPECT_EQ(found->identity.data(), file.asset.identity.data());
    }
    EXPECT_GE(scripts, 2U);
}

TEST(Assets, HoldEverythingThePageNames) {
    const std::string_view html = find_asset("/")->identity;
    size_t named = 0;
    for (size_t at = html.find("\"/assets/"); at != std::string_view::npos;
         at = html.find("\"/assets/", at + 1)) {
        const auto path = html.substr(at + 1, html.find('"', at + 1) - at - 1);
        EXPECT_TRUE(find_asset(path)) << path;
        ++named;
    }
    EXPECT_GE(named, 2U);
    EXPECT_EQ(html.find("<script>"), std::string_view::npos)
        << "the content security policy forbids inline scripts";
    EXPECT_EQ(html.find("style="), std::string_view::npos) << "and inline styles";
}

}  // namespace
}  // namespace nightshift::api
