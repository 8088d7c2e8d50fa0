#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fleet/types.h"

namespace nightshift::fleet {

// An answer as it is sent, held by all who send it.
using SharedBody = std::shared_ptr<const std::string>;

// Which items of a list, and which page of them. Strings are compared without case in `q` only.
struct ListFilter {
    uint16_t states = 0;  // a bit for each AgentState; 0: all
    std::string agent;
    std::string q;         // part of the id, the agent's id or the model
    uint32_t limit = 100;  // 1 to kListLimitMax
    std::string cursor;    // from the page before
};
constexpr uint32_t kListLimitMax = 5'000;

// "looping,failed" as bits; nothing when a word is no state.
std::optional<uint16_t> parse_states(std::string_view words);

// One item of the fleet as it was last rendered.
struct Entry {
    std::string id;
    std::string agent;
    std::string source;
    std::string search;  // lower case
    AgentState state = AgentState::kUnknown;
    int64_t last_us = 0;
    std::string json;
};

// A list's answer: the whole JSON body, shared by everybody who asks for it while the view lives.
struct Page {
    SharedBody body;
    size_t total = 0;
};

// One tenant's fleet at one moment. Immutable, and safe from any thread.
class View {
public:
    using Entries = std::vector<std::shared_ptr<const Entry>>;
    struct Content {
        Entries sessions;  // the newest event first, then by id: a stable order
        Entries agents;
        std::string attention;  // the items, most important first, as a JSON array
        std::string totals;
    };

    View(std::shared_ptr<const Content> content, std::string version, int64_t as_of_ms);

    // For an ETag, without its quotes: other content has another version, also after a restart.
    const std::string& version() const { return version_; }
    int64_t as_of_ms() const { return as_of_ms_; }
    const Entries& sessions() const { return content_->sessions; }
    const Entries& agents() const { return content_->agents; }

    // {"items":[…],"next_cursor":…,"total":…,"as_of_ms":…}; a cursor that we did not give starts at the
    // beginning.
    Page list_sessions(const ListFilter& filter) const;
    Page list_agents(const ListFilter& filter) const;
    // The bodies of GET /api/v1/fleet and /api/v1/attention.
    SharedBody fleet_body() const { return fleet_body_; }
    SharedBody attention_body() const { return attention_body_; }

private:
    Page list(const Entries& entries, char kind, const ListFilter& filter) const;

    std::shared_ptr<const Content> content_;
    std::string version_;
    int64_t as_of_ms_;
    SharedBody fleet_body_;
    SharedBody attention_body_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, Page> pages_;  // at most kPagesMax, by filter
};

// What has been rendered, by tenant; the service writes it, anybody reads. A view is built when somebody
// asks, at most each 100 ms, and only when something has changed. Any thread.
class Shelf {
public:
    // `epoch` makes versions of different starts differ.
    explicit Shelf(std::string epoch) : epoch_(std::move(epoch)) {}

    // Changes of one tenant, all at once: `write` gets the tenant's tables.
    struct Tables {
        std::unordered_map<std::string, std::shared_ptr<const Entry>> sessions;
        std::unordered_map<std::string, std::shared_ptr<const Entry>> agents;
        struct Shown {
            Attention attention;
            std::string json;
        };
        std::unordered_map<std::string, Shown> attention;
        std::string totals;  // empty: nobody has been seen yet
    };
    void update(std::string_view tenant, const std::function<void(Tables&)>& write);

    // `now_us` is the moment of asking.
    std::shared_ptr<const View> view(std::string_view tenant, int64_t now_us) const;
    // One item's JSON, or nothing.
    std::optional<std::string> session(std::string_view tenant, std::string_view id) const;
    std::optional<std::string> agent(std::string_view tenant, std::string_view id) const;

private:
    struct Room {
        Tables tables;
        uint64_t version = 1;
        uint64_t built_version = 0;
        int64_t built_us = 0;
        std::shared_ptr<const View::Content> content;
        std::shared_ptr<const View> view;
    };
    static std::shared_ptr<const View::Content> build(const Tables& tables);
    static View::Entries sorted(const std::unordered_map<std::string, std::shared_ptr<const Entry>>& table);

    std::string epoch_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, Room, std::less<>> rooms_;
};

}  // namespace nightshift::fleet
