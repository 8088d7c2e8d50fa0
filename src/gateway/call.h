#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/attempt.h"
#include "gateway/caller.h"
#include "gateway/chain.h"
#include "gateway/shard.h"
#include "net/http.h"

namespace nightshift::gateway {

// What a client asked, and as whom.
struct CallRequest {
    Dialect dialect = Dialect::kChat;
    net::Request http;
    std::string tenant;
    std::string token_name;
};

// One call of a client: walks the route's chain and answers. A stream's call lives until the stream has
// ended. Lives on its shard's loop.
class Call : public std::enable_shared_from_this<Call> {
public:
    Call(Shard& shard, CallRequest request);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    Task<net::Response> run();

private:
    std::optional<net::Response> prepare();
    // Takes what the call may use from all its limits; an answer when they do not allow it.
    Task<std::optional<net::Response>> reserve();
    // Looks whether the caller repeats itself; an answer when that must stop.
    Task<std::optional<net::Response>> look_for_loop();
    LoopEvidence strongest_loop(Instant now) const;
    std::optional<int64_t> reserve_more(int64_t output_cut);
    void settle_limits();
    net::Response over_limit(const Refused& refused);
    int64_t highest_cost(int64_t input, int64_t output) const;
    Task<> make_attempt(const Step& step);
    std::optional<net::Response> judge();
    net::Response whole_answer();
    net::Response stream_answer();
    Task<> relay(net::ByteStream& client);
    net::Response give_up();
    net::Response pass_failure_on();
    // An error of our own, in the client's dialect.
    net::Response refuse(int status, std::string_view code, const std::string& message) const;
    void add_headers(net::Response& response) const;
    // Books the attempt, tells its lane how it ended, and lets go of it.
    void settle(ErrorClass error_class);
    void note_fallback(std::string_view to) const;
    std::string name_of(size_t target) const;
    std::string conceal(std::string text, size_t provider) const;
    std::chrono::microseconds overhead_now() const;

    Shard& shard_;
    std::shared_ptr<const Plan> plan_;
    std::shared_ptr<Upstreams> upstreams_;  // of that plan: its keys go nowhere else
    CallRequest request_;
    RequestFacts facts_;
    Caller caller_;
    const Route* route_ = nullptr;
    std::optional<Chain> chain_;
    Step step_;
    std::unique_ptr<Attempt> attempt_;
    std::string attempt_model_;
    std::string attempt_span_;
    Time attempt_started_;
    std::string last_message_;
    bool is_client_gone_ = false;

    LoopEvidence loop_;
    LoopAction loop_action_ = LoopAction::kNone;
    Reservation reservation_;
    int64_t reserved_output_ = 0;
    Amount used_;  // by all attempts

    std::chrono::microseconds overhead_{0};  // until the answer, or its first content
    Instant started_;
    std::chrono::nanoseconds waited_{0};  // for upstreams and pauses
    bool is_priced_ = false;
};

}  // namespace nightshift::gateway
