#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/redact.h"
#include "ingest/attribute_json.h"
#include "ingest/dialects/dialect.h"
#include "ingest/otlp/view.h"
#include "ingest/pricing.h"
#include "ingest/series.h"
#include "recorder/event.h"

namespace nightshift::ingest {

// What every mapper of a receiver shares.
struct MapperParts {
    const Redactor& redactor;
    const Pricing& pricing;
    SeriesTable& series;
    bool keep_content = false;
    bool count_openclaw_tokens = true;  // false when the bridge to the same gateway counts them
};

struct MapperCounts {
    uint64_t accepted = 0;  // records that became events, or were understood and needed none
    uint64_t rejected = 0;  // records that are wrong; `reason` names the first
    uint64_t filtered = 0;  // noise by the vendor's rules
    std::string reason;
};

// Turns the records of one OTLP request into the events of one batch. Used by one thread, for one request.
class Mapper final : public otlp::Sink {
public:
    // Views into `adopted` live as long as `batch`, which holds that memory; other text is copied into it.
    Mapper(const MapperParts& parts, std::string_view tenant, Time now, std::string_view adopted,
           recorder::EventBatch& batch);

    void resource(otlp::ResourceView& resource) override;
    void scope(const otlp::ScopeView& scope) override;
    void span(otlp::SpanView& span) override;
    void log(otlp::LogView& log) override;
    void point(otlp::PointView& point) override;

    // Call once after the last record: calls that two instrumentations saw are merged.
    void finish();

    const MapperCounts& counts() const { return counts_; }
    // To take back when the batch could not be written.
    const std::vector<SeriesTable::Undo>& undo() const { return undo_; }

private:
    // The last value of a text column: records of a batch mostly repeat each other.
    using Memo = std::string_view;

    void reject(std::string reason);
    bool has_room(size_t records_max);
    void start(const dialects::Dialect& dialect);
    std::string_view clean(std::string_view text, Memo& memo);
    std::string_view hex(std::string_view id);

    void set_time(uint64_t time_ns);
    void set_identity(otlp::Attributes& attributes);
    void set_tool_call();
    void set_price();
    void clean_columns();
    void start_attributes(const otlp::Attributes& attributes);
    void finish_attributes();
    void keep_content(const otlp::Attributes& attributes, const otlp::Value* body);
    bool repeats_resource(const otlp::Attribute& attribute) const;
    std::optional<double> counted_value(otlp::PointView& point);
    uint64_t series_of(const otlp::PointView& point) const;
    void push();

    const MapperParts& parts_;
    const Time now_;
    const std::string_view adopted_;
    recorder::EventBatch& batch_;
    std::string_view tenant_;

    otlp::ResourceView* resource_ = nullptr;
    otlp::ScopeView scope_;
    std::string_view host_;
    std::string_view resource_agent_;  // as the resource names it
    std::string_view fallback_agent_;  // service@host
    std::string resource_members_;     // JSON
    uint64_t resource_hash_ = 0;
    bool is_simulated_ = false;

    dialects::Draft draft_;
    AttributeJson json_;
    AttributeJson content_;
    const dialects::Dialect* dialect_ = nullptr;
    bool is_clamped_ = false;
    Memo agent_, session_, parent_session_, turn_, name_, provider_, model_, error_, trace_raw_, trace_hex_;
    std::array<char, 16> trace_bytes_{};
    std::string_view priced_model_;
    const Price* price_ = nullptr;

    MapperCounts counts_;
    std::vector<SeriesTable::Undo> undo_;
    std::vector<uint32_t> mcp_events_;  // positions in the batch
};

}  // namespace nightshift::ingest
