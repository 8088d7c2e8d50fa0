#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace nightshift::bench {

// An OTLP trace request that can be sent again and again with fresh ids and times, patched in place: nothing
// in it is a duplicate for the receiver.
class SpanBatch {
public:
    // Repeats the spans of `request` (an OTLP protobuf request with one resource and one scope) up to
    // `spans`.
    SpanBatch(std::string_view request, size_t spans);

    // New trace and span ids, times around `now_ns`, and sessions out of a pool.
    void renew(Random& random, uint64_t now_ns);

    const std::string& body() const { return body_; }
    size_t spans() const { return spans_.size(); }

private:
    struct Span {
        size_t trace = 0;  // offsets in body_
        size_t id = 0;
        size_t parent = 0;
        size_t start = 0;
        size_t end = 0;
        std::vector<size_t> sessions;  // ends of texts
        std::vector<size_t> agents;
        std::vector<size_t> call_ids;
        uint64_t duration_ns = 0;
    };

    void find_fields();
    void find_attribute(std::string_view attribute, Span& span) const;
    size_t offset_of(std::string_view part) const { return static_cast<size_t>(part.data() - body_.data()); }

    std::string body_;
    std::vector<Span> spans_;
};

}  // namespace nightshift::bench
