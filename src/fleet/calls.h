#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/event.h"

namespace nightshift::fleet {

// One finished tool call, as the detectors see it. 56 bytes, because every session keeps some.
struct Call {
    uint64_t key = 0;  // tool, canonical arguments and kind of result; 0: the arguments are not known
    int64_t start_us = 0;
    uint64_t tokens_before = 0;  // what the session had used when it started
    int64_t cost_before_nano_usd = 0;
    uint32_t tool = 0;  // hash of the tool's name
    uint32_t duration_ms = 0;
    uint32_t idle_ms = 0;     // nothing ran for so long since the call before
    bool is_novel = true;     // this call with this kind of result was not seen before
    bool is_polling = false;  // its text says that it waits or asks for a status
    bool has_result = false;  // the kind of its result is known
    bool is_error = false;
};

// The recent calls of one session, and which ones it has made before. Bounded: kMax calls and 128 remembered
// keys.
class CallHistory {
public:
    static constexpr size_t kMax = 32;

    // What the session had used when a call started, when its last activity ended, and for how long, all in
    // all, nothing has run in it.
    struct Counters {
        int64_t last_end_us = -1;
        uint64_t tokens = 0;
        int64_t cost_nano_usd = 0;
        int64_t rest_us = 0;
    };
    // False when it is the same call seen a second time (another signal, or a parallel twin), which is no
    // repetition.
    bool add(const recorder::Event& event, int64_t end_us, const Counters& counters);

    // Somebody gave new instructions: what came before is no repetition any more. Novelty is kept.
    void forget_order() { size_ = 0; }

    size_t size() const { return size_; }
    bool is_empty() const { return size_ == 0; }
    // 0 is the newest.
    const Call& newest(size_t back) const {
        return calls_[(head_ + calls_.size() - 1 - back) % calls_.size()];
    }

    // The readable form of a call that has repeated, or the tool's name.
    std::string_view text(uint64_t key) const;

private:
    friend struct SnapshotAccess;

    void remember_text(uint64_t key, const recorder::Event& event);
    bool is_twin(const Call& call, int64_t end_us) const;
    size_t occurrences(uint64_t key) const;
    void push(const Call& call);

    struct Text {
        uint64_t key = 0;
        std::string text;
    };

    std::vector<Call> calls_;  // a ring that grows to kMax
    int64_t rest_us_ = 0;      // the session's rest by the newest call
    size_t head_ = 0;          // where the next goes
    size_t size_ = 0;
    std::array<uint32_t, 128> seen_{};  // by key: the newest key of each slot
    std::vector<Text> texts_;           // at most kTextsMax
    static constexpr size_t kTextsMax = 8;
};

// The member "call" of the event's attributes, cut to a readable length, or its name.
std::string call_text(const recorder::Event& event);

}  // namespace nightshift::fleet
