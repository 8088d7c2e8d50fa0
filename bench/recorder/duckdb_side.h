#pragma once

#include <filesystem>

#include "agent_events.h"
#include "duckdb_api.h"
#include "engine.h"

namespace nightshift::bench {

// DuckDB with the same rows in one table, two threads, 4 GB of memory.
class DuckDbSide {
public:
    explicit DuckDbSide(const std::filesystem::path& file);
    ~DuckDbSide();

    bool is_loaded();
    Load load(const AgentEvents& events);
    Measured query(int number, const AgentEvents& events);

private:
    uint64_t run(const std::string& sql);

    std::filesystem::path file_;
    duckdb_database database_ = nullptr;
    duckdb_connection connection_ = nullptr;
};

}  // namespace nightshift::bench
