#include "duckdb_side.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace nightshift::bench {
namespace {

constexpr uint64_t kBatchRows = 122880;  // DuckDB's row group

std::string sql_of(int number, const std::string& session) {
    int64_t hour = kEndUs - 3600ll * 1000 * 1000;
    int64_t day = kEndUs - 24ll * 3600 * 1000 * 1000;
    switch (number) {
        case 0:
            return fmt::format(
                "SELECT agent,sum(input),sum(output),sum(cost) FROM ev WHERE ts>={} GROUP BY agent", hour);
        case 1:
            return "SELECT ts//3600000000 h,name,count(*),quantile_cont(dur,[0.5,0.95,0.99]) FROM ev WHERE "
                   "kind='tool_call' GROUP BY h,name";
        case 2:
            return "SELECT ts//3600000000 h,name,count(*),approx_quantile(dur,[0.5,0.95,0.99]) FROM ev WHERE "
                   "kind='tool_call' GROUP BY h,name";
        case 3:
            return fmt::format(
                "SELECT agent,count(*),count(*) FILTER (status IN ('error','timeout')) FROM ev WHERE ts>={} "
                "GROUP BY agent",
                day);
        case 4:
            return "SELECT agent,count(*),count(*) FILTER (status IN ('error','timeout')) FROM ev GROUP BY "
                   "agent";
        case 5:
            return fmt::format("SELECT * FROM ev WHERE session='{}' ORDER BY ts", session);
        case 6:
            return fmt::format(
                "SELECT * FROM ev WHERE agent='agent-00007' AND ts>={} AND attrs LIKE '%refused%' ORDER BY "
                "ts DESC LIMIT 100",
                day);
        case 7:
            return "SELECT count(*) FROM ev WHERE attrs LIKE '%E_QUOTA_EXHAUSTED%'";
        case 8:
            return "SELECT ts//86400000000 d,model,sum(cost),sum(input+output) FROM ev GROUP BY d,model";
        default:
            return "SELECT * FROM ev WHERE status='error' ORDER BY ts DESC LIMIT 50";
    }
}

}  // namespace

DuckDbSide::DuckDbSide(const std::filesystem::path& file) : file_(file) {
    if (duckdb_open(file.c_str(), &database_) != 0 || duckdb_connect(database_, &connection_) != 0) {
        std::fprintf(stderr, "cannot open %s\n", file.c_str());
        std::exit(1);
    }
    run("SET threads=2");
    run("SET memory_limit='4GB'");
}

DuckDbSide::~DuckDbSide() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
}

uint64_t DuckDbSide::run(const std::string& sql) {
    duckdb_result result;
    if (duckdb_query(connection_, sql.c_str(), &result) != 0) {
        std::fprintf(stderr, "duckdb: %s\n", duckdb_result_error(&result));
        std::exit(1);
    }
    uint64_t rows = 0;
    while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
        rows += duckdb_data_chunk_get_size(chunk);
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    return rows;
}

bool DuckDbSide::is_loaded() {
    return run("SELECT 1 FROM duckdb_tables() WHERE table_name='ev'") > 0;
}

Load DuckDbSide::load(const AgentEvents& events) {
    run("CREATE TABLE ev(ts BIGINT,team VARCHAR,agent VARCHAR,session VARCHAR,trace VARCHAR,span "
        "VARCHAR,parent VARCHAR,kind VARCHAR,"
        "name VARCHAR,status VARCHAR,model VARCHAR,input INT,output INT,cache_read INT,cache_write INT,cost "
        "DOUBLE,dur UINTEGER,"
        "host VARCHAR,seq INT,attrs VARCHAR)");
    duckdb_appender appender = nullptr;
    duckdb_appender_create(connection_, nullptr, "ev", &appender);
    AgentEvent row;
    double cpu_start = cpu_s();
    double wall_start = wall_s();
    for (uint64_t i = 0; i < events.rows(); ++i) {
        events.row(i, row);
        duckdb_append_int64(appender, row.time_us);
        for (const std::string* text :
             {&row.team, &row.agent, &row.session, &row.trace, &row.span, &row.parent_span}) {
            duckdb_append_varchar_length(appender, text->data(), text->size());
        }
        for (const char* text : {row.kind, row.name, row.status, row.model})
            duckdb_append_varchar(appender, text);
        for (uint32_t tokens :
             {row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens}) {
            duckdb_append_int32(appender, static_cast<int32_t>(tokens));
        }
        duckdb_append_double(appender, static_cast<double>(row.cost_nano_usd) / 1e9);
        duckdb_append_uint32(appender, row.duration_us);
        duckdb_append_varchar_length(appender, row.host.data(), row.host.size());
        duckdb_append_int32(appender, static_cast<int32_t>(row.sequence));
        duckdb_append_varchar_length(appender, row.attributes.data(), row.attributes.size());
        duckdb_appender_end_row(appender);
        if ((i + 1) % kBatchRows == 0) duckdb_appender_flush(appender);
    }
    duckdb_appender_destroy(&appender);
    run("CHECKPOINT");
    return {wall_s() - wall_start, cpu_s() - cpu_start, std::filesystem::file_size(file_)};
}

Measured DuckDbSide::query(int number, const AgentEvents& events) {
    AgentEvent sample;
    events.row(events.rows() * 3 / 4, sample);
    std::string sql = sql_of(number, sample.session);
    return measure([&] { return run(sql); });
}

}  // namespace nightshift::bench
