#include "batch.h"

#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/assert.h"

namespace nightshift::bench {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;

constexpr size_t kSpansOfATrace = 20;

std::string_view view(const protozero::data_view& data) {
    return {data.data(), data.size()};
}

std::string_view field(std::string_view message, uint32_t tag) {
    pbf_reader reader(message.data(), message.size());
    return reader.next(tag) ? view(reader.get_view()) : std::string_view();
}

void put_hex(char* to, size_t digits, uint64_t bits) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (size_t i = 0; i < digits; ++i) to[i] = kDigits[bits >> (4 * (i % 16)) & 15];
}

}  // namespace

SpanBatch::SpanBatch(std::string_view request, size_t spans) {
    std::string_view by_resource = field(request, 1);
    std::string_view by_scope = field(by_resource, 2);
    std::vector<std::string_view> originals;
    pbf_reader scope_reader(by_scope.data(), by_scope.size());
    while (scope_reader.next(2)) originals.push_back(view(scope_reader.get_view()));
    NS_ASSERT(!originals.empty());

    std::string scope;
    pbf_writer scope_writer(scope);
    std::string_view name = field(by_scope, 1);
    scope_writer.add_message(1, name.data(), name.size());
    for (size_t i = 0; i < spans; ++i) {
        std::string_view span = originals[i % originals.size()];
        scope_writer.add_message(2, span.data(), span.size());
    }
    std::string resource;
    pbf_writer resource_writer(resource);
    std::string_view attributes = field(by_resource, 1);
    resource_writer.add_message(1, attributes.data(), attributes.size());
    resource_writer.add_message(2, scope);
    pbf_writer(body_).add_message(1, resource);
    find_fields();
}

void SpanBatch::find_fields() {
    std::string_view by_scope = field(field(body_, 1), 2);
    pbf_reader scope(by_scope.data(), by_scope.size());
    while (scope.next(2)) {
        Span& span = spans_.emplace_back();
        pbf_reader reader = scope.get_message();
        uint64_t start_ns = 0;
        while (reader.next()) {
            // A fixed64 is the eight bytes before what is left.
            switch (reader.tag()) {
                case 1:
                    span.trace = offset_of(view(reader.get_view()));
                    break;
                case 2:
                    span.id = offset_of(view(reader.get_view()));
                    break;
                case 4:
                    span.parent = offset_of(view(reader.get_view()));
                    break;
                case 7:
                    start_ns = reader.get_fixed64();
                    span.start = offset_of(view(reader.data())) - 8;
                    break;
                case 8:
                    span.duration_ns = reader.get_fixed64() - start_ns;
                    span.end = offset_of(view(reader.data())) - 8;
                    break;
                case 9:
                    find_attribute(view(reader.get_view()), span);
                    break;
                default:
                    reader.skip();
            }
        }
    }
}

void SpanBatch::find_attribute(std::string_view attribute, Span& span) const {
    std::string_view key = field(attribute, 1);
    const bool is_session = key == "gen_ai.conversation.id" || key == "session.id";
    const bool is_agent = key == "gen_ai.agent.name";
    const bool is_call = key == "gen_ai.tool.call.id" || key == "gen_ai.response.id";
    if (!is_session && !is_call && !is_agent) return;
    std::string_view text = field(field(attribute, 2), 1);
    (is_session ? span.sessions
     : is_agent ? span.agents
                : span.call_ids)
        .push_back(offset_of(text) + text.size());
}

void SpanBatch::renew(Random& random, uint64_t now_ns) {
    // A fleet of 64 agents with 2000 sessions; the spans of a trace belong to one session.
    constexpr std::string_view kSession = "61677d5d-859a-492d-80d1-154d96bc0000";
    constexpr uint64_t kSessions = 2000;
    constexpr uint64_t kAgents = 64;
    constexpr uint64_t kStepNs = 1'000'000;
    uint64_t trace[2] = {};
    uint64_t session = 0;
    uint64_t parent = random.next();
    for (size_t i = 0; i < spans_.size(); ++i) {
        Span& span = spans_[i];
        if (i % kSpansOfATrace == 0) {
            trace[0] = random.next();
            trace[1] = random.next();
            session = random.below(kSessions);
        }
        const uint64_t id = random.next();
        const uint64_t start = now_ns - (spans_.size() - i) * kStepNs;
        const uint64_t end = start + span.duration_ns + random.below(kStepNs);
        std::memcpy(&body_[span.trace], trace, sizeof(trace));
        std::memcpy(&body_[span.id], &id, sizeof(id));
        if (span.parent != 0) std::memcpy(&body_[span.parent], &parent, sizeof(parent));
        std::memcpy(&body_[span.start], &start, sizeof(start));
        std::memcpy(&body_[span.end], &end, sizeof(end));
        for (size_t at : span.sessions) {
            std::memcpy(&body_[at - 36], kSession.data(), kSession.size());
            put_hex(&body_[at - 4], 4, session);
        }
        for (size_t at : span.agents) put_hex(&body_[at - 2], 2, session % kAgents);
        for (size_t at : span.call_ids) put_hex(&body_[at - 14], 14, random.next());
        parent = id;
    }
}

}  // namespace nightshift::bench
