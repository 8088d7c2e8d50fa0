#include "ingest/otlp/view.h"

#include <utility>

namespace nightshift::ingest::otlp {
namespace {

template <class View>
void clear_view(View& view) {
    Attributes attributes = std::move(view.attributes);
    attributes.clear();
    view = View{};
    view.attributes = std::move(attributes);
}

}  // namespace

void SpanView::clear() {
    clear_view(*this);
}
void LogView::clear() {
    clear_view(*this);
}
void PointView::clear() {
    clear_view(*this);
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
