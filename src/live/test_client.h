#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/types.h"

// For tests only: a reader of the protocol that believes nothing. Items of state topics look like
// {"key":"k1","v":7}, those of logs like {"n":12}.
namespace nightshift::live {

class TestClient {
public:
    enum class Loss { kNever, kCounted };  // kCounted: ticks drop items, so logs may have holes

    explicit TestClient(Transport transport, Loss loss = Loss::kNever) : transport_(transport), loss_(loss) {}

    // Bytes of the connection after the HTTP head. What is broken lands in errors().
    void feed(std::string_view bytes);
    // A new connection of the same client: it keeps what it knows.
    void reconnected();

    // What it presents to resume: from its own seqs (exact), or the last token the server said.
    std::string own_token() const;
    const std::string& said_token() const { return said_token_; }
    void forget();

    struct Topic {
        bool is_known = false;    // has had a snapshot or resumed on this connection
        bool is_awaited = false;  // asked for again; what comes before its snapshot was on the way already
        uint64_t seq = 0;
        std::map<std::string, std::string> items;  // state
        std::vector<uint64_t> log;                 // since the last snapshot
        std::optional<uint64_t> last;              // the newest log item ever seen
        uint64_t snapshots = 0;
        uint64_t resumed = 0;
        uint64_t dropped = 0;
    };
    Topic& topic(const std::string& name) { return topics_[name]; }
    const std::map<std::string, Topic>& topics() const { return topics_; }

    bool is_greeted() const { return is_greeted_; }
    const std::string& epoch() const { return epoch_; }
    std::optional<uint64_t> bye_retry_ms() const { return bye_retry_ms_; }
    std::optional<uint16_t> close_code() const { return close_code_; }
    const std::vector<std::string>& said_errors() const { return said_errors_; }
    uint64_t messages() const { return messages_; }
    const std::vector<std::string>& errors() const { return errors_; }

private:
    bool take_frame();
    bool take_event();
    void on_message(std::string_view json);
    void on_snapshot(Topic& topic, std::string_view json);
    void on_delta(Topic& topic, std::string_view json);
    void on_log_item(Topic& topic, std::string_view item, bool may_jump);
    void complain(std::string_view what, std::string_view json);

    Transport transport_;
    Loss loss_;
    std::string buffer_;
    std::map<std::string, Topic> topics_;
    std::string epoch_;
    std::string said_token_;
    bool is_greeted_ = false;
    std::optional<uint64_t> bye_retry_ms_;
    std::optional<uint16_t> close_code_;
    std::vector<std::string> said_errors_;
    std::vector<std::string> errors_;
    uint64_t messages_ = 0;
};

}  // namespace nightshift::live
