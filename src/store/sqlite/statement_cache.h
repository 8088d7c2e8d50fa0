#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3_stmt;

namespace nightshift::store {

// Prepared statements of one connection that nobody uses now, by their text: parsing SQL costs more than
// running most of it. At most kStatementsMax; one more is forgotten.
class StatementCache {
public:
    static constexpr size_t kStatementsMax = 256;

    StatementCache() = default;
    StatementCache(const StatementCache&) = delete;
    StatementCache& operator=(const StatementCache&) = delete;
    ~StatementCache();

    // Null when there is none.
    sqlite3_stmt* take(std::string_view sql);
    // Resets it, so that it holds neither a lock nor a value.
    void give_back(sqlite3_stmt* statement);

private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::unordered_multimap<std::string, sqlite3_stmt*, Hash, std::equal_to<>> idle_;
};

}  // namespace nightshift::store
