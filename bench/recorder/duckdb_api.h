#pragma once

#include <cstdint>

// The few functions of DuckDB's C interface that the bench calls, declared as its documentation gives them.
extern "C" {

typedef struct _duckdb_database* duckdb_database;
typedef struct _duckdb_connection* duckdb_connection;
typedef struct _duckdb_appender* duckdb_appender;
typedef struct _duckdb_data_chunk* duckdb_data_chunk;

typedef struct {
    uint64_t column_count;
    uint64_t row_count;
    uint64_t rows_changed;
    void* columns;
    char* error_message;
    void* internal_data;
} duckdb_result;

// 0 is success everywhere.
int duckdb_open(const char* path, duckdb_database* database);
void duckdb_close(duckdb_database* database);
int duckdb_connect(duckdb_database database, duckdb_connection* connection);
void duckdb_disconnect(duckdb_connection* connection);
int duckdb_query(duckdb_connection connection, const char* query, duckdb_result* result);
void duckdb_destroy_result(duckdb_result* result);
const char* duckdb_result_error(duckdb_result* result);
duckdb_data_chunk duckdb_fetch_chunk(duckdb_result result);
uint64_t duckdb_data_chunk_get_size(duckdb_data_chunk chunk);
void duckdb_destroy_data_chunk(duckdb_data_chunk* chunk);
int duckdb_appender_create(duckdb_connection connection, const char* schema, const char* table,
                           duckdb_appender* appender);
int duckdb_appender_end_row(duckdb_appender appender);
int duckdb_appender_flush(duckdb_appender appender);
int duckdb_appender_destroy(duckdb_appender* appender);
int duckdb_append_int32(duckdb_appender appender, int32_t value);
int duckdb_append_int64(duckdb_appender appender, int64_t value);
int duckdb_append_uint32(duckdb_appender appender, uint32_t value);
int duckdb_append_double(duckdb_appender appender, double value);
int duckdb_append_varchar(duckdb_appender appender, const char* value);
int duckdb_append_varchar_length(duckdb_appender appender, const char* value, uint64_t length);
}
