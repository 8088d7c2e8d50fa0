#include "jobs/schedule/zone.h"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/assert.h"
#include "base/file.h"
#include "base/text.h"
#include "jobs/schedule/posix_rule.h"

namespace nightshift::jobs {
namespace {

constexpr int kLastYear = 2199;
constexpr size_t kNameBytesMax = 64;
constexpr std::string_view kFolder = "/usr/share/zoneinfo/";
constexpr std::string_view kLocal =
    "localtime";  // the library lists it, but it means another zone on each machine
constexpr int64_t kFarPast = std::numeric_limits<int64_t>::min() / 4;
constexpr int64_t kFarFuture = std::numeric_limits<int64_t>::max() / 4;

// Puts spans together from the times at which the offset changes.
class SpanList {
public:
    explicit SpanList(int64_t offset) { spans_.push_back({kFarPast, kFarFuture, offset, offset}); }

    void change(int64_t at, int64_t offset) {
        ZoneSpan& last = spans_.back();
        if (offset == last.offset || at >= kPlanEnd || at <= last.begin) return;
        last.end = at;
        const int64_t before = last.offset;
        spans_.push_back({at, kFarFuture, offset, before});
    }
    std::vector<ZoneSpan> take() { return std::move(spans_); }

private:
    std::vector<ZoneSpan> spans_;
};

// The library knows what is recorded in the zone's file, which ends in 2037 or, where the files are built
// small, at the last change of the rule. Its last line holds the rule for all that follows.
std::optional<PosixRule> rule_of(const std::string& name) {
    const Result<std::string> file = read_file(std::string(kFolder) + name);
    if (!file || !file->starts_with("TZif")) return std::nullopt;
    std::string_view text = *file;
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    return parse_posix_rule(text.substr(text.rfind('\n') + 1));
}

void continue_by_rule(SpanList& spans, const PosixRule& rule, int64_t recorded_until) {
    if (!rule.has_daylight) return;
    for (int year = 1970; year <= kLastYear; ++year) {
        const int64_t to_daylight = change_time(rule.to_daylight, year, rule.standard);
        const int64_t to_standard = change_time(rule.to_standard, year, rule.daylight);
        const bool is_daylight_first = to_daylight < to_standard;
        const int64_t first = std::min(to_daylight, to_standard);
        const int64_t second = std::max(to_daylight, to_standard);
        if (first > recorded_until) spans.change(first, is_daylight_first ? rule.daylight : rule.standard);
        if (second > recorded_until) spans.change(second, is_daylight_first ? rule.standard : rule.daylight);
    }
}

// "2025b". The compiled files do not say it, the text beside them does in its first line.
std::string read_version(const date::tzdb& database) {
    const Result<std::string> text = read_file(std::string(kFolder) + "tzdata.zi");
    constexpr std::string_view kStart = "# version ";
    if (!text || !text->starts_with(kStart)) return database.version;
    return text->substr(kStart.size(), text->find('\n') - kStart.size());
}

Zone read_zone(const date::tzdb& database, const date::time_zone& zone) {
    date::sys_info info = zone.get_info(date::sys_seconds(std::chrono::seconds(0)));
    SpanList spans(info.offset.count());
    int64_t recorded_until = 0;
    while (info.end.time_since_epoch().count() < kPlanEnd) {
        info = zone.get_info(info.end);
        recorded_until = info.begin.time_since_epoch().count();
        spans.change(recorded_until, info.offset.count());
    }
    if (const std::optional<PosixRule> rule = rule_of(zone.name()))
        continue_by_rule(spans, *rule, recorded_until);
    return {zone.name(), read_version(database), spans.take()};
}

Failure unknown(const date::tzdb& database, std::string_view name) {
    std::vector<std::string_view> names;
    std::optional<std::string_view> near;
    for (const date::time_zone& zone : database.zones) {
        if (zone.name() == kLocal) continue;
        if (equals_ignore_case(zone.name(), name)) near = zone.name();
        names.push_back(zone.name());
    }
    if (!near) near = nearest(name, names);
    return fail(
        Code::kInvalid, "zone \"{}\" does not exist in tzdata {}; {}", to_valid_utf8(name),
        read_version(database),
        near ? "the nearest name is " + std::string(*near) : "write a name such as Europe/Berlin or UTC");
}

Result<Zone> read_zone(std::string_view name) {
    try {
        const date::tzdb& database = date::get_tzdb();
        const auto found = std::find_if(database.zones.begin(), database.zones.end(),
                                        [&](const date::time_zone& zone) { return zone.name() == name; });
        if (found == database.zones.end() || name == kLocal) return unknown(database, name);
        return read_zone(database, *found);
    } catch (const std::exception& error) {  // the library's way of saying that it found nothing to read
        return fail(Code::kUnavailable, "zone \"{}\" cannot be read, is the package tzdata installed? {}",
                    name, error.what());
    }
}

}  // namespace

Zone::Zone(std::string name, std::string version, std::vector<ZoneSpan> spans)
    : name_(std::move(name)), version_(std::move(version)), spans_(std::move(spans)) {
    NS_ASSERT(!spans_.empty());
}

Zone Zone::utc() {
    return {"UTC", "", SpanList(0).take()};
}

size_t Zone::span_at(int64_t utc) const {
    const auto after = std::upper_bound(spans_.begin() + 1, spans_.end(), utc,
                                        [](int64_t time, const ZoneSpan& span) { return time < span.begin; });
    return static_cast<size_t>(after - spans_.begin()) - 1;
}

int64_t Zone::when_shown(int64_t wall, int64_t from) const {
    size_t i = span_at(from);
    while (i + 1 < spans_.size() && wall - spans_[i].offset >= spans_[i].end) ++i;
    return std::max({wall - spans_[i].offset, spans_[i].begin, from});
}

Result<std::shared_ptr<const Zone>> Zones::find(std::string_view name) {
    if (name.empty() || name.size() > kNameBytesMax)
        return fail(Code::kInvalid, "zone \"{}\" must be a name of 1 to {} bytes, such as Europe/Berlin",
                    to_valid_utf8(truncate_utf8(name, kNameBytesMax)), kNameBytesMax);
    const std::lock_guard lock(mutex_);
    if (const auto known = zones_.find(name); known != zones_.end()) return known->second;
    if (name == "UTC") return zones_.emplace(name, std::make_shared<const Zone>(Zone::utc())).first->second;
    NS_TRY(Zone zone, read_zone(name));
    return zones_.emplace(name, std::make_shared<const Zone>(std::move(zone))).first->second;
}

}  // namespace nightshift::jobs
