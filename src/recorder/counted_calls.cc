#include "recorder/counted_calls.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "base/json_members.h"
#include "recorder/identity.h"

namespace nightshift::recorder {
namespace {

constexpr std::string_view kGateway = "gateway";
constexpr std::string_view kMark = R"({"counted_by":"gateway")";
constexpr std::string_view kSaidInput = R"("said":{"input_tokens":)";
constexpr std::string_view kSaidOutput = R"("output_tokens":)";
// Local servers number their answers; so short a name needs the tokens beside it.
constexpr size_t kUniqueIdBytes = 16;
constexpr std::array<std::string_view, 4> kResponseIds{R"("response_id":")", R"("gen_ai.response.id":")",
                                                       R"("ai.response.id":")", R"("llm.response.id":")"};
constexpr std::string_view kOwnRequest = "req_";
constexpr std::string_view kRequestId = R"("request_id":")";

// A text member of `json`, as written; ids hold nothing that JSON escapes.
std::string_view member(std::string_view json, std::string_view opening) {
    const size_t at = json.find(opening);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = json.substr(at + opening.size());
    return rest.substr(0, rest.find('"'));
}

struct Tokens {
    uint64_t input = 0;
    uint64_t output = 0;
};

uint64_t number(std::string_view json, std::string_view opening) {
    const size_t at = json.find(opening);
    uint64_t value = 0;
    if (at != std::string_view::npos)
        std::from_chars(json.data() + at + opening.size(), json.data() + json.size(), value);
    return value;
}

// What the teller says of the call, also after settle().
Tokens tokens_of(const Event& event) {
    if (!is_counted_elsewhere(event)) return {event.input_tokens, event.output_tokens};
    return {number(event.attributes, kSaidInput), number(event.attributes, kSaidOutput)};
}

bool uses_tokens(const Event& event) {
    return event.kind == Kind::kModelCall && event.input_tokens + event.output_tokens > 0;
}

std::string with_mark(const Event& event) {
    std::string out(kMark);
    out += R"(,"said":)";
    JsonMembers said(out);
    said.integer("input_tokens", event.input_tokens).integer("output_tokens", event.output_tokens);
    if (event.cost_source != CostSource::kNone) said.usd("cost_usd", event.cost_nano_usd);
    said.close();
    const std::string_view rest = event.attributes.size() > 2 ? event.attributes.substr(1) : "}";
    if (rest != "}") out += ',';
    out += rest;
    return out;
}

}  // namespace

void CallKeys::add(std::string_view kind, std::string_view tenant, std::string_view name, const Event& call,
                   bool with_tokens) {
    if (name.empty() || size_ == values_.size()) return;
    std::string text;
    text.reserve(kind.size() + tenant.size() + name.size() + 48);  // on the way of every call
    text.append(kind).append(1, '\n').append(tenant).append(1, '\n').append(name);
    if (with_tokens) {
        const auto [input, output] = tokens_of(call);
        text.append(1, '\n').append(fmt::format_int(input).c_str());
        text.append(1, '\n').append(fmt::format_int(output).c_str());
    }
    values_[size_++] = std::max<uint64_t>(XXH3_64bits(text.data(), text.size()), 1);
}

void CallKeys::add_ids(const Event& call) {
    for (std::string_view opening : kResponseIds) {
        const std::string_view id = member(call.attributes, opening);
        if (id.empty()) continue;
        add("response", call.tenant, id, call, id.size() < kUniqueIdBytes);
        break;
    }
    // A caller that names its requests itself may use a name again.
    const std::string_view request = member(call.attributes, kRequestId);
    add("request", call.tenant, request, call, !request.starts_with(kOwnRequest));
    add("session", call.tenant, call.session, call, true);
}

CallKeys CallKeys::of_gateway(const Event& call) {
    CallKeys keys;
    keys.add_ids(call);
    if (!call.trace.empty()) keys.add("span", call.trace, call.parent_span, call, false);
    return keys;
}

CallKeys CallKeys::of_caller(const Event& call) {
    CallKeys keys;
    keys.add_ids(call);
    if (!call.trace.empty()) keys.add("span", call.trace, call.span, call, false);
    return keys;
}

CountedCalls::~CountedCalls() {
    delete[] buckets_.load();
}

// Several loops may find at once that there are none.
CountedCalls::Bucket* CountedCalls::make_buckets() {
    auto made = std::make_unique<Bucket[]>(kBuckets);
    Bucket* found = nullptr;
    return buckets_.compare_exchange_strong(found, made.get()) ? made.release() : found;
}

void CountedCalls::add(const Event& call) {
    if (!uses_tokens(call)) return;
    const CallKeys keys = CallKeys::of_gateway(call);
    Bucket* buckets = buckets_.load(std::memory_order_acquire);
    if (buckets == nullptr) buckets = make_buckets();
    for (uint64_t key : keys.values()) {
        if (has(buckets, key)) continue;
        Bucket& bucket = buckets[key % kBuckets];
        const uint32_t way = bucket.next.fetch_add(1, std::memory_order_relaxed) % kWays;
        bucket.keys[way].store(key, std::memory_order_relaxed);
    }
}

bool CountedCalls::has(const Bucket* buckets, uint64_t key) {
    const Bucket& bucket = buckets[key % kBuckets];
    return std::any_of(bucket.keys.begin(), bucket.keys.end(), [&](const std::atomic<uint64_t>& each) {
        return each.load(std::memory_order_relaxed) == key;
    });
}

void CountedCalls::settle(EventBatch& batch) const {
    const Bucket* buckets = buckets_.load(std::memory_order_acquire);
    if (buckets == nullptr) return;
    for (Event& event : batch.events) {
        if (!uses_tokens(event) || event.source == kGateway) continue;
        const CallKeys keys = CallKeys::of_caller(event);
        const auto values = keys.values();
        const bool is_counted =
            std::any_of(values.begin(), values.end(), [&](uint64_t key) { return has(buckets, key); });
        if (!is_counted) continue;
        // A retry is recognised by what was sent, not by what we make of it.
        if (event.id.empty() && !is_identified_by_span(event)) event.id = batch.keep(content_id(event));
        event.attributes = batch.keep(with_mark(event));
        event.input_tokens = event.output_tokens = event.reasoning_tokens = 0;
        event.cache_read_tokens = event.cache_write_tokens = 0;
        event.cost_nano_usd = 0;
        event.cost_source = CostSource::kNone;
    }
}

bool is_counted_elsewhere(const Event& event) {
    return event.kind == Kind::kModelCall && event.attributes.starts_with(kMark);
}

}  // namespace nightshift::recorder
