#include "fleet/view.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "fleet/attention.h"
#include "fleet/json.h"

namespace nightshift::fleet {

namespace {

constexpr size_t kPagesMax = 64;
constexpr int64_t kBuildInterval = 100'000;      // a changed fleet is read at most so old
constexpr int64_t kConfirmInterval = 1'000'000;  // an unchanged one says so each second

bool comes_first(int64_t a_us, std::string_view a_id, int64_t b_us, std::string_view b_id) {
    return std::tie(b_us, a_id) < std::tie(a_us, b_id);
}

bool matches(const Entry& entry, const ListFilter& filter, std::string_view q) {
    if (filter.states != 0 && (filter.states >> static_cast<unsigned>(entry.state) & 1u) == 0) return false;
    if (!filter.agent.empty() && entry.agent != filter.agent) return false;
    return q.empty() || entry.search.find(q) != std::string::npos;
}

std::string cursor_after(const Entry& entry) {
    return base64url_encode(fmt::format("{}:{}", entry.last_us, entry.id));
}

// The first entry after the cursor's place; the entry itself may have moved or gone.
size_t start_of(const View::Entries& entries, std::string_view cursor) {
    const std::optional<std::string> place = cursor.empty() ? std::nullopt : base64_decode(cursor);
    if (!place) return 0;
    const size_t colon = place->find(':');
    if (colon == std::string::npos) return 0;
    const std::optional<int64_t> last_us = parse_int(std::string_view(*place).substr(0, colon));
    if (!last_us) return 0;
    const std::string_view id = std::string_view(*place).substr(colon + 1);
    const auto found = std::partition_point(entries.begin(), entries.end(), [&](const auto& entry) {
        return !comes_first(*last_us, id, entry->last_us, entry->id);
    });
    return static_cast<size_t>(found - entries.begin());
}

}  // namespace

std::optional<uint16_t> parse_states(std::string_view words) {
    uint16_t states = 0;
    for (const std::string_view word : split(words, ',')) {
        if (trim(word).empty()) continue;
        const std::optional<AgentState> state = parse_state(trim(word));
        if (!state) return std::nullopt;
        states |= static_cast<uint16_t>(1u << static_cast<unsigned>(*state));
    }
    return states;
}

View::View(std::shared_ptr<const Content> content, std::string version, int64_t as_of_ms)
    : content_(std::move(content)), version_(std::move(version)), as_of_ms_(as_of_ms) {
    fleet_body_ = std::make_shared<std::string>(fmt::format(
        R"({{"totals":{},"attention":{},"as_of_ms":{}}})", content_->totals, content_->attention, as_of_ms_));
    attention_body_ = std::make_shared<std::string>(
        fmt::format(R"({{"items":{},"as_of_ms":{}}})", content_->attention, as_of_ms_));
}

Page View::list_sessions(const ListFilter& filter) const {
    return list(content_->sessions, 's', filter);
}

Page View::list_agents(const ListFilter& filter) const {
    return list(content_->agents, 'a', filter);
}

Page View::list(const Entries& entries, char kind, const ListFilter& filter) const {
    const uint32_t limit = std::clamp<uint32_t>(filter.limit, 1, kListLimitMax);
    std::string key;
    key.reserve(64);
    key += kind;
    for (const std::string_view part :
         {std::string_view(filter.agent), std::string_view(filter.q), std::string_view(filter.cursor)}) {
        key += part;
        key += '\0';
    }
    key.append(reinterpret_cast<const char*>(&filter.states), sizeof(filter.states));
    key.append(reinterpret_cast<const char*>(&limit), sizeof(limit));
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = pages_.find(key); found != pages_.end()) return found->second;
    }
    const std::string q = to_lower(filter.q);
    const size_t start = start_of(entries, filter.cursor);
    auto body = std::make_shared<std::string>("{\"items\":[");
    Page page;
    uint32_t taken = 0;
    const Entry* last = nullptr;
    bool has_more = false;
    for (size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = *entries[i];
        if (!matches(entry, filter, q)) continue;
        ++page.total;
        if (i < start) continue;
        if (taken == limit) {
            has_more = true;
            continue;
        }
        if (taken++ > 0) *body += ',';
        *body += entry.json;
        last = &entry;
    }
    *body += "],\"next_cursor\":";
    if (has_more) {
        append_json_string(*body, cursor_after(*last));
    } else {
        *body += "null";
    }
    *body += fmt::format(",\"total\":{},\"as_of_ms\":{}}}", page.total, as_of_ms_);
    page.body = std::move(body);
    const std::lock_guard lock(mutex_);
    if (pages_.size() < kPagesMax) pages_.emplace(std::move(key), page);
    return page;
}

void Shelf::update(std::string_view tenant, const std::function<void(Tables&)>& write) {
    const std::lock_guard lock(mutex_);
    auto found = rooms_.find(tenant);
    if (found == rooms_.end()) found = rooms_.emplace(std::string(tenant), Room{}).first;
    write(found->second.tables);
    ++found->second.version;
}

std::shared_ptr<const View> Shelf::view(std::string_view tenant, int64_t now_us) const {
    const std::lock_guard lock(mutex_);
    auto found = rooms_.find(tenant);
    if (found == rooms_.end()) {
        Room empty;
        return std::make_shared<const View>(build(empty.tables), epoch_ + "-0", now_us / 1000);
    }
    Room& room = found->second;
    const int64_t age_us = now_us - room.built_us;
    const bool is_first = room.view == nullptr || age_us < 0;
    if (room.built_version != room.version && (is_first || age_us >= kBuildInterval)) {
        room.content = build(room.tables);
        room.built_version = room.version;
    } else if (!is_first && age_us < kConfirmInterval) {
        return room.view;
    }
    room.built_us = now_us;
    room.view = std::make_shared<const View>(room.content, fmt::format("{}-{}", epoch_, room.built_version),
                                             now_us / 1000);
    return room.view;
}

View::Entries Shelf::sorted(const std::unordered_map<std::string, std::shared_ptr<const Entry>>& table) {
    View::Entries entries;
    entries.reserve(table.size());
    for (const auto& [id, entry] : table) entries.push_back(entry);
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return comes_first(a->last_us, a->id, b->last_us, b->id); });
    return entries;
}

std::shared_ptr<const View::Content> Shelf::build(const Tables& tables) {
    auto content = std::make_shared<View::Content>();
    content->sessions = sorted(tables.sessions);
    content->agents = sorted(tables.agents);
    content->totals = tables.totals;
    if (content->totals.empty()) append_totals(content->totals, Totals{});
    std::vector<const Tables::Shown*> shown;
    for (const auto& [id, item] : tables.attention) shown.push_back(&item);
    std::sort(shown.begin(), shown.end(),
              [](const auto* a, const auto* b) { return is_more_important(a->attention, b->attention); });
    content->attention = "[";
    for (const Tables::Shown* item : shown) {
        if (content->attention.size() > 1) content->attention += ',';
        content->attention += item->json;
    }
    content->attention += ']';
    return content;
}

std::optional<std::string> Shelf::session(std::string_view tenant, std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto room = rooms_.find(tenant);
    if (room == rooms_.end()) return std::nullopt;
    const auto found = room->second.tables.sessions.find(std::string(id));
    return found == room->second.tables.sessions.end() ? std::nullopt : std::optional(found->second->json);
}

std::optional<std::string> Shelf::agent(std::string_view tenant, std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto room = rooms_.find(tenant);
    if (room == rooms_.end()) return std::nullopt;
    const auto found = room->second.tables.agents.find(std::string(id));
    return found == room->second.tables.agents.end() ? std::nullopt : std::optional(found->second->json);
}

}  // namespace nightshift::fleet
