#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace nightshift::store {

class StatementCache;

// A prepared statement. Bind from 1, step until false, read columns from 0. Borrowed from its Database, which
// keeps it for the next prepare() of the same text.
class Statement {
public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    Statement& bind(int index, int64_t value);
    Statement& bind(int index, std::string_view value);
    Statement& bind_real(int index, double value);
    Statement& bind_null(int index);
    // Null for an empty optional.
    Statement& bind(int index, std::optional<int64_t> value);

    // True while there is a row. kConflict on a broken constraint, kIo or kCorrupt from the disk.
    Result<bool> step();
    // For statements without rows. Runs again with new values after the next bind().
    Result<void> run();

    int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    std::optional<int64_t> optional_integer(int column) const;
    bool is_null(int column) const;

private:
    friend class Database;
    Statement(sqlite3* db, StatementCache* cache, sqlite3_stmt* statement)
        : db_(db), cache_(cache), statement_(statement) {}
    sqlite3* db_;
    StatementCache* cache_;
    sqlite3_stmt* statement_;
};

// One connection. Not safe from two threads at once: its owner serialises.
class Database {
public:
    // Creates the file when there is none. kIo with SQLite's message otherwise.
    static Result<Database> open(const std::filesystem::path& path);
    // An existing file; every statement that would change it fails.
    static Result<Database> open_read_only(const std::filesystem::path& path);
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    Result<Statement> prepare(std::string_view sql);
    // Any number of statements, without results.
    Result<void> execute(const std::string& sql);
    // From that time on every statement is stopped, and fails with kIo.
    void interrupt_at(std::chrono::steady_clock::time_point time);
    // Between BEGIN and its end; SQLite ends some by itself, on a disk that is full among others.
    bool is_in_transaction() const;
    // Rows changed by the last statement.
    int64_t changes() const;

private:
    struct Close {
        void operator()(sqlite3* db) const;
    };
    explicit Database(sqlite3* db);
    std::unique_ptr<sqlite3, Close> db_;
    std::unique_ptr<StatementCache> cache_;
    std::unique_ptr<std::chrono::steady_clock::time_point> interrupt_at_;
};

// Rolls back unless committed.
class Transaction {
public:
    static Result<Transaction> begin(Database& db);
    Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Result<void> commit();

private:
    explicit Transaction(Database& db) : db_(&db) {}
    Database* db_;
};

}  // namespace nightshift::store
