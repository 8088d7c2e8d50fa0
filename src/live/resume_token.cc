#include "live/resume_token.h"

#include "base/text.h"
#include "live/types.h"

namespace nightshift::live {

std::optional<uint64_t> ResumeToken::find(std::string_view topic) const {
    for (const Place& place : places) {
        if (place.topic == topic) return place.seq;
    }
    return std::nullopt;
}

std::optional<ResumeToken> parse_resume_token(std::string_view text) {
    if (text.size() > kTokenBytesMax) return std::nullopt;
    size_t dot = text.find('.');
    if (dot == std::string_view::npos || dot == 0) return std::nullopt;
    ResumeToken token;
    token.epoch = text.substr(0, dot);
    std::string_view rest = text.substr(dot + 1);
    if (rest.empty()) return token;
    for (std::string_view place : split(rest, ',')) {
        size_t colon = place.rfind(':');
        if (colon == std::string_view::npos || token.places.size() == kSubscriptionsMax) return std::nullopt;
        std::optional<std::string> topic = percent_decode(place.substr(0, colon));
        std::optional<uint64_t> seq = parse_uint(place.substr(colon + 1));
        if (!topic || !seq) return std::nullopt;
        token.places.push_back({std::move(*topic), *seq});
    }
    return token;
}

void append_place(std::string& out, bool is_first, std::string_view encoded_topic, uint64_t seq) {
    out += is_first ? '.' : ',';
    out += encoded_topic;
    out += ':';
    out += std::to_string(seq);
}

}  // namespace nightshift::live
