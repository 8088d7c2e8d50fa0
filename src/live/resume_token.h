#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::live {

// How far a client has read: "<epoch>.fleet:813,events:4410", names percent-encoded.
struct ResumeToken {
    struct Place {
        std::string topic;
        uint64_t seq = 0;
    };

    std::string epoch;
    std::vector<Place> places;

    // The seq for a topic, or nothing.
    std::optional<uint64_t> find(std::string_view topic) const;
};

// Nothing when it is not a token: whoever presents it starts with snapshots, which is always right.
std::optional<ResumeToken> parse_resume_token(std::string_view text);

// Appends one place; `encoded_topic` is percent-encoded already.
void append_place(std::string& out, bool is_first, std::string_view encoded_topic, uint64_t seq);

}  // namespace nightshift::live
