#include "ingest/otlp/view.h"

namespace nightshift::ingest::otlp {
void SpanView::clear() {
    static_cast<SpanFields&>(*this) = {};
    attributes.clear();
}

void LogView::clear() {
    static_cast<LogFields&>(*this) = {};
    attributes.clear();
}

void PointView::clear() {
    static_cast<PointFields&>(*this) = {};
    attributes.clear();
}

void SpanView::note_event(std::string_view event, uint64_t at_ns) {
    constexpr std::string_view kFirstTokens[] = {"First Token Stream Event", "ai.stream.firstChunk",
                                                 "llm.content.completion.chunk", "gen_ai.first_token"};
    if (first_token_ns != 0) return;
    for (std::string_view first : kFirstTokens) {
        if (event == first) first_token_ns = at_ns;
    }
}

}  // namespace nightshift::ingest::otlp
