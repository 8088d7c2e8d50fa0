#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "recorder/event.h"

namespace nightshift::recorder {

// The names under which two tellers of one model call would know it to be the same: the provider's response
// id, the request id of its answer, the caller's span, the session with the tokens used.
class CallKeys {
public:
    // Of a call as the gateway recorded it, whose parent span is the caller's.
    static CallKeys of_gateway(const Event& call);
    // Of a call as its caller tells it.
    static CallKeys of_caller(const Event& call);

    // Of a named object only: in a loop over a temporary's the keys would be gone.
    std::span<const uint64_t> values() const& { return {values_.data(), size_}; }
    void values() const&& = delete;

private:
    void add(std::string_view kind, std::string_view tenant, std::string_view name, const Event& call,
             bool with_tokens);
    void add_ids(const Event& call);

    std::array<uint64_t, 4> values_{};
    size_t size_ = 0;
};

// Model calls whose tokens the gateway has recorded, having seen them pass. What their callers tell of them
// later says the same tokens again, and must not be summed twice. Holds the last kKeysMax names: about 30,000
// calls. All methods are safe from any thread and take no lock.
class CountedCalls {
public:
    static constexpr size_t kKeysMax = size_t{1} << 17;

    CountedCalls() = default;
    ~CountedCalls();
    CountedCalls(const CountedCalls&) = delete;
    CountedCalls& operator=(const CountedCalls&) = delete;

    // A call as the gateway recorded it; nothing when it used no tokens.
    void add(const Event& call);
    // Takes the tokens and the cost off the events whose call is counted already. Their attributes then say
    // so: `counted_by`, and under `said` what the caller told.
    void settle(EventBatch& batch) const;

private:
    static constexpr size_t kWays = 8;
    static constexpr size_t kBuckets = kKeysMax / kWays;
    struct Bucket {
        std::array<std::atomic<uint64_t>, kWays> keys{};
        std::atomic<uint32_t> next{0};
    };

    Bucket* make_buckets();
    static bool has(const Bucket* buckets, uint64_t key);

    std::atomic<Bucket*> buckets_{nullptr};  // owned; a megabyte that a program without calls does not need
};

// Whether settle() has found that the gateway counted this call.
bool is_counted_elsewhere(const Event& event);

}  // namespace nightshift::recorder
