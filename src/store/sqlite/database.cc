#include "store/sqlite/database.h"

#include <sqlite3.h>

#include "store/sqlite/statement_cache.h"

namespace nightshift::store {
namespace {

Failure sqlite_failure(sqlite3* db, int code, std::string_view what) {
    Code kind = Code::kIo;
    int primary = code & 0xFF;
    if (primary == SQLITE_CONSTRAINT) kind = Code::kConflict;
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) kind = Code::kCorrupt;
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) kind = Code::kUnavailable;
    return fail(kind, "{}: {}", what, db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_), cache_(other.cache_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
    if (statement_ != nullptr) cache_->give_back(statement_);
}

Statement& Statement::bind(int index, int64_t value) {
    sqlite3_bind_int64(statement_, index, value);
    return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
    // Without an address it would be NULL, not an empty text.
    const char* bytes = value.data() == nullptr ? "" : value.data();
    sqlite3_bind_text(statement_, index, bytes, static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
}

Statement& Statement::bind_real(int index, double value) {
    sqlite3_bind_double(statement_, index, value);
    return *this;
}

Statement& Statement::bind_null(int index) {
    sqlite3_bind_null(statement_, index);
    return *this;
}

Statement& Statement::bind(int index, std::optional<int64_t> value) {
    return value ? bind(index, *value) : bind_null(index);
}

Result<bool> Statement::step() {
    int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return sqlite_failure(db_, code, sqlite3_sql(statement_));
}

Result<void> Statement::run() {
    Result<bool> stepped = step();
    sqlite3_reset(statement_);
    if (!stepped) return Failure(stepped.error());
    return {};
}

int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::optional<int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::string Statement::text(int column) const {
    const unsigned char* bytes = sqlite3_column_text(statement_, column);
    int size = sqlite3_column_bytes(statement_, column);
    return bytes ? std::string(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size))
                 : std::string();
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* db) const {
    sqlite3_close_v2(db);
}

Database::Database(sqlite3* db) : db_(db), cache_(std::make_unique<StatementCache>()) {}
Database::Database(Database&&) noexcept = default;
Database::~Database() = default;

Database& Database::operator=(Database&& other) noexcept {
    cache_ = std::move(other.cache_);  // before the connection its statements belong to
    db_ = std::move(other.db_);
    interrupt_at_ = std::move(other.interrupt_at_);
    return *this;
}

// SQLite counts its memory under one lock for all connections; nobody reads the count.
void forget_memory_statistics() {
    [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

Result<Database> Database::open(const std::filesystem::path& path) {
    forget_memory_statistics();
    sqlite3* raw = nullptr;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Database db(raw);
    if (code != SQLITE_OK) return sqlite_failure(raw, code, fmt::format("open {}", path.native()));
    sqlite3_busy_timeout(raw, 5000);
    NS_TRY([[maybe_unused]] auto configured, db.prepare("PRAGMA journal_mode=WAL"));
    NS_TRY([[maybe_unused]] bool row, configured.step());
    if (auto set = db.execute("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"); !set)
        return Failure(set.error());
    return db;
}

Result<Database> Database::open_read_only(const std::filesystem::path& path) {
    sqlite3* raw = nullptr;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Database db(raw);
    if (code != SQLITE_OK) return sqlite_failure(raw, code, fmt::format("open {}", path.native()));
    sqlite3_busy_timeout(raw, 5000);
    return db;
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = cache_->take(sql);
    if (statement != nullptr) return Statement(db_.get(), cache_.get(), statement);
    int code = sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (code != SQLITE_OK) return sqlite_failure(db_.get(), code, sql);
    return Statement(db_.get(), cache_.get(), statement);
}

Result<void> Database::execute(const std::string& sql) {
    int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return sqlite_failure(db_.get(), code, sql);
    return {};
}

void Database::interrupt_at(std::chrono::steady_clock::time_point time) {
    constexpr int kStepsBetweenLooks = 1000;
    interrupt_at_ = std::make_unique<std::chrono::steady_clock::time_point>(time);
    auto has_come = [](void* at) -> int {
        return std::chrono::steady_clock::now() >= *static_cast<std::chrono::steady_clock::time_point*>(at);
    };
    sqlite3_progress_handler(db_.get(), kStepsBetweenLooks, has_come, interrupt_at_.get());
}

bool Database::is_in_transaction() const {
    return sqlite3_get_autocommit(db_.get()) == 0;
}

int64_t Database::changes() const {
    return sqlite3_changes64(db_.get());
}

Result<Transaction> Transaction::begin(Database& db) {
    if (auto begun = db.execute("BEGIN IMMEDIATE"); !begun) return Failure(begun.error());
    return Transaction(db);
}

Transaction::~Transaction() {
    if (db_ != nullptr) std::ignore = db_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
    auto done = db_->execute("COMMIT");
    if (done) db_ = nullptr;
    return done;
}

}  // namespace nightshift::store
