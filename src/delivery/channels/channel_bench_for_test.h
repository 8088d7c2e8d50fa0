#pragma once

#include <gtest/gtest.h>

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "delivery/bench_for_test.h"
#include "delivery/channel.h"

namespace nightshift::delivery {

inline constexpr std::string_view kToken = "123456:AAH-secret-token-of-the-bot";

inline ChannelSpec spec_of(Kind kind, const Imposter& imposter, std::string target = "") {
    ChannelSpec spec;
    spec.name = "out";
    spec.kind = kind;
    spec.url = Secret(
        imposter.url(kind == Kind::kDiscord || kind == Kind::kSlackWebhook ? "/hooks/17/s3cr3t-path" : ""));
    if (kind == Kind::kTelegram || kind == Kind::kSlack || kind == Kind::kPagerduty)
        spec.token = Secret(std::string(kToken));
    spec.target = std::move(target);
    spec.timeout = std::chrono::milliseconds(2'000);
    return spec;
}

inline Message message_of(std::string text = "All twelve posts are out.") {
    Message message;
    message.id = "dlv_0001";
    message.tenant = "t1";
    message.key = "k1";
    message.subject = "Morning report";
    message.text = std::move(text);
    message.about = "run:r1";
    message.created = message.now = message.first_attempt = from_unix_ms(1'790'000'000'000);
    return message;
}

// Runs one attempt of a channel that is not part of a service.
class ChannelTest : public testing::Test {
protected:
    Outcome send(const ChannelSpec& spec, const Message& message) { return run(spec, message, false); }
    Outcome read_back(const ChannelSpec& spec, const Message& message) { return run(spec, message, true); }

    Outcome run(const ChannelSpec& spec, const Message& message, bool is_read_back) {
        auto channel = make_channel(spec, &pool_);
        EXPECT_TRUE(channel) << (channel ? "" : channel.error().message);
        if (!channel) return {};
        Outcome outcome;
        io::run_blocking(loop_, [&]() -> Task<> {
            if (is_read_back) {
                outcome = co_await (*channel)->read_back(message, std::stop_token());
            } else {
                outcome = co_await (*channel)->send(message, std::stop_token());
            }
        });
        return outcome;
    }
    // Of the request number `at`; defined in channels_test.cc.
    boost::json::value sent_body(size_t at = 0) const;
    static std::string text_of(const boost::json::value& value);

    Imposter imposter_;
    io::Loop loop_{"test"};
    io::Pool pool_{1, 10};
};

}  // namespace nightshift::delivery
