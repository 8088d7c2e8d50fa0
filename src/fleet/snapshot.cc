#include "fleet/snapshot.h"

#include <bit>
#include <cstring>
#include <type_traits>

#include "fleet/hash.h"

namespace nightshift::fleet {

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

namespace {

constexpr std::string_view kMagic = "NSFLEET\n";
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 8 + 4 + 8 + 8;  // magic, version, length, checksum
constexpr uint32_t kItemsMax = 1u << 20;

// Both archives take the same list of fields, so that what is written is what is read.
class Writer {
public:
    static constexpr bool kReads = false;

    template <class T>
        requires(std::is_arithmetic_v<T> || std::is_enum_v<T>)
    void operator()(const T& value) {
        out.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
    void operator()(const std::string& text) {
        (*this)(static_cast<uint32_t>(text.size()));
        out += text;
    }
    std::string out;
};

class Reader {
public:
    static constexpr bool kReads = true;

    explicit Reader(std::string_view from) : left(from) {}

    template <class T>
        requires(std::is_arithmetic_v<T> || std::is_enum_v<T>)
    void operator()(T& value) {
        if (left.size() < sizeof(value)) {
            is_good = false;
            return;
        }
        std::memcpy(&value, left.data(), sizeof(value));
        left.remove_prefix(sizeof(value));
    }
    void operator()(std::string& text) {
        uint32_t size = 0;
        (*this)(size);
        if (!is_good || size > left.size()) {
            is_good = false;
            return;
        }
        text.assign(left.substr(0, size));
        left.remove_prefix(size);
    }
    std::string_view left;
    bool is_good = true;
};

}  // namespace

// The one place that knows every field; a friend of what it saves. Add a field at the end of its list and
// raise kVersion.
struct SnapshotAccess {
    template <class Archive, class T, class Each>
    static void list(Archive& archive, T& items, Each each) {
        auto count = static_cast<uint32_t>(items.size());
        archive(count);
        if constexpr (Archive::kReads) {
            if (count > kItemsMax || count > archive.left.size()) archive.is_good = false;
            if (!archive.is_good) return;
            items.resize(count);
        }
        for (auto& item : items) each(item);
    }

    template <class Archive, class F>
    static void fact(Archive& archive, F& x) {
        archive(x.value), archive(x.since_us), archive(x.as_of_us), archive(x.source), archive(x.why);
    }

    template <class Archive>
    static void usage(Archive& archive, Usage& x) {
        archive(x.input_tokens), archive(x.output_tokens), archive(x.cache_read_tokens),
            archive(x.cache_write_tokens);
        archive(x.reasoning_tokens), archive(x.cost_nano_usd), archive(x.has_reported_cost),
            archive(x.has_priced_cost);
        archive(x.model_calls), archive(x.tool_calls), archive(x.errors);
    }

    template <class Archive, class Sum>
    static void sum(Archive& archive, Sum& x) {
        for (float& bucket : x.sums_) archive(bucket);
        archive(x.newest_), archive(x.is_empty_);
    }

    template <class Archive>
    static void gaps(Archive& archive, GapHistogram& x) {
        for (uint16_t& bucket : x.buckets_) archive(bucket);
        archive(x.count_), archive(x.average_us_);
    }

    template <class Archive>
    static void activity(Archive& archive, Activity& x) {
        for (int64_t* time :
             {&x.last_us_, &x.turn_open_us_, &x.turn_end_us_, &x.work_start_us_, &x.work_since_us_,
              &x.success_us_, &x.rate_limited_us_, &x.rate_limited_since_us_, &x.failing_since_us_,
              &x.failure_us_, &x.started_us_, &x.idle_us_, &x.ended_us_, &x.word_us_}) {
            archive(*time);
        }
        archive(x.turn_status_), archive(x.failures_in_row_), archive(x.is_working_by_word_);
        archive(x.is_waiting_by_word_), archive(x.turns_), archive(x.turns_ended_);
        archive(x.turn_), archive(x.error_type_), archive(x.last_name_);
        list(archive, x.open_, [&](OpenWork& work) {
            archive(work.key), archive(work.kind), archive(work.since_us), archive(work.name);
        });
        for (auto& closed : x.closed_) archive(closed.key), archive(closed.end_us);
        archive(x.closed_next_);
    }

    template <class Archive>
    static void calls(Archive& archive, CallHistory& x) {
        list(archive, x.calls_, [&](Call& call) {
            archive(call.key), archive(call.start_us), archive(call.tokens_before),
                archive(call.cost_before_nano_usd);
            archive(call.tool), archive(call.duration_ms), archive(call.idle_ms), archive(call.is_novel);
            archive(call.is_polling), archive(call.has_result), archive(call.is_error);
        });
        uint64_t head = x.head_;
        uint64_t size = x.size_;
        archive(x.rest_us_), archive(head), archive(size);
        if constexpr (Archive::kReads) {
            const bool fits =
                x.calls_.size() <= CallHistory::kMax && size <= x.calls_.size() && head <= x.calls_.size();
            if (!fits) archive.is_good = false;
            x.head_ = fits ? head : 0;
            x.size_ = fits ? size : 0;
        }
        for (uint32_t& tag : x.seen_) archive(tag);
        list(archive, x.texts_, [&](CallHistory::Text& text) { archive(text.key), archive(text.text); });
    }

    template <class Archive>
    static void detection(Archive& archive, Detection& x) {
        archive(x.id), archive(x.kind), archive(x.since_us), archive(x.last_us), archive(x.count),
            archive(x.signature);
        archive(x.tokens), archive(x.cost_nano_usd), archive(x.explanation), archive(x.response);
        archive(x.tokens_before), archive(x.cost_before_nano_usd);
        bool acted = x.acted.has_value();
        archive(acted);
        if (!acted) return;
        if constexpr (Archive::kReads) x.acted.emplace();
        archive(x.acted->action), archive(x.acted->at_us), archive(x.acted->outcome);
    }

    template <class Archive>
    static void watch(Archive& archive, Watch& x) {
        calls(archive, x.calls_);
        ErrorStreak& e = x.errors_;
        archive(e.key_), archive(e.name_), archive(e.is_model_), archive(e.is_rate_limit_), archive(e.count_);
        archive(e.same_arguments_), archive(e.arguments_), archive(e.first_us_), archive(e.last_us_);
        for (uint32_t& rest : e.rest_ms_) archive(rest);
        archive(e.rest_us_), archive(e.tokens_before_), archive(e.cost_before_nano_usd_), archive(e.text_);
        VelocityWatch& v = x.velocity_;
        archive(v.minute_), archive(v.tokens_), archive(v.minute_tokens_before_),
            archive(v.minute_cost_before_);
        archive(v.hot_minutes_), archive(v.usual_), archive(v.latest_), archive(v.since_us_),
            archive(v.tokens_before_);
        archive(v.cost_before_nano_usd_);
        list(archive, x.detections_, [&](Detection& found) { detection(archive, found); });
        archive(x.loop_key_), archive(x.loop_interval_us_), archive(x.rest_us_), archive(x.novel_in_row_);
    }

    template <class Archive>
    static void session(Archive& archive, Session& x) {
        archive(x.tenant), archive(x.id), archive(x.agent), archive(x.source), archive(x.abort_source);
        archive(x.parent), archive(x.model);
        list(archive, x.children, [&](std::string& child) { archive(child); });
        archive(x.simulated), archive(x.started_us), archive(x.last_us), archive(x.last_error_us);
        usage(archive, x.usage);
        fact(archive, x.state);
        fact(archive, x.tool);
        sum(archive, x.tokens_minute);
        activity(archive, x.activity);
        watch(archive, x.watch);
        archive(x.dismissed), archive(x.aborted_us);
    }

    template <class Archive>
    static void agent(Archive& archive, Agent& x) {
        archive(x.tenant), archive(x.id), archive(x.source), archive(x.host), archive(x.model),
            archive(x.simulated);
        archive(x.last_us);
        usage(archive, x.usage);
        fact(archive, x.state);
        fact(archive, x.tool);
        sum(archive, x.tokens_minute);
        sum(archive, x.usd_six_minutes);
        gaps(archive, x.rhythm.busy_);
        gaps(archive, x.rhythm.idle_);
        archive(x.rhythm.lag_us_);
        list(archive, x.steps, [&](Step& step) {
            archive(step.name);
            gaps(archive, step.durations);
        });
        for (float& minute : x.velocity.minutes_) archive(minute);
        archive(x.velocity.next_), archive(x.velocity.count_);
        activity(archive, x.own);
        archive(x.dismissed), archive(x.sessions_working);
    }

    template <class Archive>
    static void tenant(Archive& archive, Tenant& x) {
        archive(x.id);
        sum(archive, x.tokens_minute);
        sum(archive, x.errors_minute);
        sum(archive, x.usd_six_minutes);
        archive(x.day), archive(x.cost_today_nano_usd);
    }

    static void write(Writer& writer, const Fleet& fleet) {
        // The lists of fields serve both directions, so they take what they may change; writing changes
        // nothing.
        auto& all = const_cast<Fleet&>(fleet);
        writer(static_cast<uint32_t>(all.tenants_.size()));
        for (auto& x : all.tenants_) tenant(writer, *x);
        writer(static_cast<uint32_t>(all.agent_count()));
        for (auto& x : all.agents_) {
            if (x != nullptr) agent(writer, *x);
        }
        writer(static_cast<uint32_t>(all.session_count()));
        for (auto& x : all.sessions_) {
            if (x != nullptr) session(writer, *x);
        }
    }

    static bool read(Reader& reader, Fleet& fleet) {
        uint32_t count = 0;
        reader(count);
        for (uint32_t i = 0; i < count && reader.is_good; ++i) {
            Tenant from;
            tenant(reader, from);
            if (reader.is_good) fleet.adopt(std::move(from));
        }
        reader(count);
        for (uint32_t i = 0; i < count && reader.is_good; ++i) {
            auto from = std::make_unique<Agent>();
            agent(reader, *from);
            reader.is_good &= from->velocity.next_ < VelocityBaseline::kMinutes &&
                              from->velocity.count_ <= VelocityBaseline::kMinutes &&
                              from->state.value <= AgentState::kOffline;
            if (reader.is_good) fleet.adopt(std::move(from));
        }
        reader(count);
        for (uint32_t i = 0; i < count && reader.is_good; ++i) {
            auto from = std::make_unique<Session>();
            session(reader, *from);
            reader.is_good &= from->state.value <= AgentState::kOffline;
            if (reader.is_good) fleet.adopt(std::move(from));
        }
        return reader.is_good && reader.left.empty();
    }
};

std::string encode_snapshot(const Fleet& fleet, uint64_t position) {
    Writer body;
    body(position);
    SnapshotAccess::write(body, fleet);
    Writer file;
    file.out = kMagic;
    file(kVersion);
    file(static_cast<uint64_t>(body.out.size()));
    file(hash_text(body.out));
    file.out += body.out;
    return std::move(file.out);
}

Result<uint64_t> decode_snapshot(std::string_view bytes, Fleet& fleet) {
    if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) {
        return fail(Code::kCorrupt,
                    "the fleet snapshot does not start as one; it is rebuilt from the recorder");
    }
    Reader header(bytes.substr(kMagic.size()));
    uint32_t version = 0;
    uint64_t size = 0;
    uint64_t checksum = 0;
    header(version), header(size), header(checksum);
    if (version != kVersion) {
        return fail(
            Code::kCorrupt,
            "the fleet snapshot has version {}, this program reads {}; it is rebuilt from the recorder",
            version, kVersion);
    }
    if (header.left.size() != size || hash_text(header.left) != checksum) {
        return fail(Code::kCorrupt, "the fleet snapshot is damaged; it is rebuilt from the recorder");
    }
    Reader body(header.left);
    uint64_t position = 0;
    body(position);
    Fleet restored(fleet.options());
    if (!SnapshotAccess::read(body, restored)) {
        return fail(Code::kCorrupt,
                    "the fleet snapshot does not hold together; it is rebuilt from the recorder");
    }
    fleet = std::move(restored);
    return position;
}

}  // namespace nightshift::fleet
