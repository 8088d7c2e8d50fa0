#pragma once

#include <libpq-fe.h>

#include "base/result.h"

namespace nightshift::jobs::evidence {

// What is used of libpq: its own functions without their prefix. Loaded only where a PostgreSQL database is
// asked: with what it brings along it takes megabytes. Any thread.
struct PostgresLibrary {
    // kUnavailable when libpq is not installed.
    static Result<PostgresLibrary> load();

    decltype(&PQconnectStartParams) connect_start_params = nullptr;
    decltype(&PQconnectPoll) connect_poll = nullptr;
    decltype(&PQstatus) status = nullptr;
    decltype(&PQsocket) socket = nullptr;
    decltype(&PQerrorMessage) error_message = nullptr;
    decltype(&PQsetNoticeProcessor) set_notice_processor = nullptr;
    decltype(&PQfinish) finish = nullptr;
    decltype(&PQsendQueryParams) send_query_params = nullptr;
    decltype(&PQsetSingleRowMode) set_single_row_mode = nullptr;
    decltype(&PQisBusy) is_busy = nullptr;
    decltype(&PQconsumeInput) consume_input = nullptr;
    decltype(&PQgetResult) get_result = nullptr;
    decltype(&PQresultStatus) result_status = nullptr;
    decltype(&PQresultErrorMessage) result_error_message = nullptr;
    decltype(&PQclear) clear = nullptr;
    decltype(&PQntuples) tuple_count = nullptr;
    decltype(&PQnfields) field_count = nullptr;
    decltype(&PQftype) field_type = nullptr;
    decltype(&PQgetisnull) get_is_null = nullptr;
    decltype(&PQgetlength) get_length = nullptr;
    decltype(&PQgetvalue) get_value = nullptr;
};

}  // namespace nightshift::jobs::evidence
