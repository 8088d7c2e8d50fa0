#include "recorder/identity.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"
#include "recorder/columns.h"
#include "recorder/wire.h"

namespace nightshift::recorder {

std::string hex_hash(std::string_view bytes) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    return to_hex(canonical.digest, sizeof canonical.digest);
}

bool is_identified_by_span(const Event& event) {
    if (event.trace.empty() || event.span.empty() || event.duration_us < 0) return false;
    switch (event.kind) {
        case Kind::kTurn:
        case Kind::kModelCall:
        case Kind::kToolCall:
        case Kind::kRetrieval:
        case Kind::kApproval:
        case Kind::kHook:
        case Kind::kWorkflow:
            return true;
        default:
            return false;
    }
}

std::string span_id(const Event& event) {
    std::string bytes;
    bytes.reserve(256);
    for (std::string_view text : {event.tenant, event.source, event.trace, event.span, event.name}) {
        put_text(bytes, text);
    }
    put_fixed(bytes, event.kind);
    put_fixed(bytes, event.time_us);
    put_fixed(bytes, event.duration_us);
    put_fixed(bytes, saturate(event.sequence));
    return hex_hash(bytes);
}

std::string content_id(const Event& event) {
    std::string bytes;
    bytes.reserve(512 + event.attributes.size() + event.content.size());
    put_text(bytes, event.tenant);
    for (auto member : kTextMembers) put_text(bytes, event.*member);
    for (int64_t number : numbers_of(event, 0)) put_fixed(bytes, number);
    put_text(bytes, event.attributes);
    put_text(bytes, event.content);
    return hex_hash(bytes);
}

uint64_t fingerprint(std::string_view tenant, std::string_view id) {
    char stack[256];
    size_t size = tenant.size() + 1 + id.size();
    std::string heap;
    char* bytes = stack;
    if (size > sizeof stack) {
        heap.resize(size);
        bytes = heap.data();
    }
    std::memcpy(bytes, tenant.data(), tenant.size());
    bytes[tenant.size()] = '\0';
    std::memcpy(bytes + tenant.size() + 1, id.data(), id.size());
    return XXH3_64bits(bytes, size);
}

}  // namespace nightshift::recorder
