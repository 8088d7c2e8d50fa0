#include "fleet/view.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <thread>

namespace nightshift::fleet {
namespace {

constexpr int64_t kNow = 1'795'300'000'000'000;

void put_session(Shelf& shelf, const std::string& id, AgentState state, int64_t last_us,
                 const std::string& agent = "a") {
    auto entry = std::make_shared<Entry>();
    entry->id = id;
    entry->agent = agent;
    entry->search = id + "\n" + agent;
    entry->state = state;
    entry->last_us = last_us;
    entry->json = fmt::format("{{\"id\":\"{}\"}}", id);
    shelf.update("default", [&](Shelf::Tables& tables) { tables.sessions[id] = entry; });
}

std::vector<std::string> ids_of(const Page& page, std::string* next = nullptr) {
    const boost::json::value body = boost::json::parse(*page.body);
    std::vector<std::string> ids;
    for (const boost::json::value& item : body.at("items").as_array())
        ids.emplace_back(item.at("id").as_string());
    if (next != nullptr)
        *next = body.at("next_cursor").is_null() ? "" : std::string(body.at("next_cursor").as_string());
    return ids;
}

TEST(View, ListsTheNewestFirstAndFilters) {
    Shelf shelf("e");
    put_session(shelf, "old", AgentState::kIdle, 1);
    put_session(shelf, "b", AgentState::kLooping, 5, "x");
    put_session(shelf, "a", AgentState::kFailed, 5);
    const auto view = shelf.view("default", kNow);
    EXPECT_EQ(ids_of(view->list_sessions({})), (std::vector<std::string>{"a", "b", "old"}));
    ListFilter filter;
    filter.states = parse_states("looping, failed").value();
    EXPECT_EQ(ids_of(view->list_sessions(filter)), (std::vector<std::string>{"a", "b"}));
    filter.agent = "x";
    EXPECT_EQ(ids_of(view->list_sessions(filter)), (std::vector<std::string>{"b"}));
    ListFilter text;
    text.q = "OL";
    EXPECT_EQ(ids_of(view->list_sessions(text)), (std::vector<std::string>{"old"}));
    EXPECT_EQ(view->list_sessions(text).total, 1u);
    EXPECT_FALSE(parse_states("sleeping"));
    EXPECT_EQ(parse_states("").value(), 0);
}

TEST(View, PagesThroughEverythingOnceWhileTheFleetMoves) {
    Shelf shelf("e");
    for (int i = 0; i < 95; ++i)
        put_session(shelf, fmt::format("s{:02}", i), AgentState::kIdle, 1000 - i / 10);
    ListFilter filter;
    filter.limit = 10;
    std::set<std::string> seen;
    int64_t now_us = kNow;
    for (int page = 0; page < 20; ++page) {
        const std::vector<std::string> ids =
            ids_of(shelf.view("default", now_us)->list_sessions(filter), &filter.cursor);
        for (const std::string& id : ids) EXPECT_TRUE(seen.insert(id).second) << id;
        if (filter.cursor.empty()) break;
        // One that was listed moves to the front.
        put_session(shelf, "s00", AgentState::kWorking, 2000 + page);
        now_us += 200'000;
    }
    EXPECT_EQ(seen.size(), 95u);
}

TEST(View, SurvivesForeignCursorsAndLimits) {
    Shelf shelf("e");
    put_session(shelf, "s", AgentState::kIdle, 1);
    const auto view = shelf.view("default", kNow);
    for (const char* cursor : {"!", "AAAA", "Ong", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTp4", ""}) {
        ListFilter filter;
        filter.cursor = cursor;
        filter.limit = 0;
        EXPECT_EQ(ids_of(view->list_sessions(filter)).size(), 1u) << cursor;
    }
}

TEST(Shelf, ChangesVersionOnlyWithContent) {
    Shelf shelf("e");
    put_session(shelf, "s", AgentState::kIdle, 1);
    const auto first = shelf.view("default", kNow);
    EXPECT_EQ(shelf.view("default", kNow + 50'000), first) << "shared";
    const auto later = shelf.view("default", kNow + 5'000'000);
    EXPECT_EQ(later->version(), first->version());
    EXPECT_GT(later->as_of_ms(), first->as_of_ms()) << "and yet it is confirmed";
    put_session(shelf, "t", AgentState::kIdle, 2);
    EXPECT_EQ(shelf.view("default", kNow + 5'050'000), later) << "not more often than each 100 ms";
    const auto changed = shelf.view("default", kNow + 5'200'000);
    EXPECT_NE(changed->version(), first->version());
    EXPECT_EQ(changed->list_sessions({}).total, 2u);
    EXPECT_EQ(Shelf("f").view("default", kNow)->version(), "f-0");
    EXPECT_EQ(shelf.view("other", kNow)->list_sessions({}).total, 0u) << "tenants do not mix";
    EXPECT_TRUE(shelf.session("default", "s"));
    EXPECT_FALSE(shelf.session("other", "s"));
}

TEST(Shelf, IsReadWhileItIsWritten) {
    Shelf shelf("e");
    std::atomic<bool> is_done{false};
    std::thread writer([&] {
        for (int i = 0; i < 3000; ++i) put_session(shelf, fmt::format("s{}", i % 50), AgentState::kIdle, i);
        is_done = true;
    });
    size_t most = 0;
    for (int64_t now_us = kNow; !is_done; now_us += 100'000) {
        most = std::max(most, shelf.view("default", now_us)->list_sessions({}).total);
    }
    writer.join();
    EXPECT_LE(most, 50u);
    EXPECT_EQ(shelf.view("default", kNow * 2)->list_sessions({}).total, 50u);
}

}  // namespace
}  // namespace nightshift::fleet
