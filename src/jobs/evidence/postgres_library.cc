#include "jobs/evidence/postgres_library.h"

#include "base/shared_library.h"

namespace nightshift::jobs::evidence {

Result<PostgresLibrary> PostgresLibrary::load() {
    NS_TRY(const SharedLibrary file, SharedLibrary::load("libpq.so.5"));
    PostgresLibrary pq;
    NS_TRY(pq.connect_start_params, file.find<decltype(PQconnectStartParams)>("PQconnectStartParams"));
    NS_TRY(pq.connect_poll, file.find<decltype(PQconnectPoll)>("PQconnectPoll"));
    NS_TRY(pq.status, file.find<decltype(PQstatus)>("PQstatus"));
    NS_TRY(pq.socket, file.find<decltype(PQsocket)>("PQsocket"));
    NS_TRY(pq.error_message, file.find<decltype(PQerrorMessage)>("PQerrorMessage"));
    NS_TRY(pq.set_notice_processor, file.find<decltype(PQsetNoticeProcessor)>("PQsetNoticeProcessor"));
    NS_TRY(pq.finish, file.find<decltype(PQfinish)>("PQfinish"));
    NS_TRY(pq.send_query_params, file.find<decltype(PQsendQueryParams)>("PQsendQueryParams"));
    NS_TRY(pq.set_single_row_mode, file.find<decltype(PQsetSingleRowMode)>("PQsetSingleRowMode"));
    NS_TRY(pq.is_busy, file.find<decltype(PQisBusy)>("PQisBusy"));
    NS_TRY(pq.consume_input, file.find<decltype(PQconsumeInput)>("PQconsumeInput"));
    NS_TRY(pq.get_result, file.find<decltype(PQgetResult)>("PQgetResult"));
    NS_TRY(pq.result_status, file.find<decltype(PQresultStatus)>("PQresultStatus"));
    NS_TRY(pq.result_error_message, file.find<decltype(PQresultErrorMessage)>("PQresultErrorMessage"));
    NS_TRY(pq.clear, file.find<decltype(PQclear)>("PQclear"));
    NS_TRY(pq.tuple_count, file.find<decltype(PQntuples)>("PQntuples"));
    NS_TRY(pq.field_count, file.find<decltype(PQnfields)>("PQnfields"));
    NS_TRY(pq.field_type, file.find<decltype(PQftype)>("PQftype"));
    NS_TRY(pq.get_is_null, file.find<decltype(PQgetisnull)>("PQgetisnull"));
    NS_TRY(pq.get_length, file.find<decltype(PQgetlength)>("PQgetlength"));
    NS_TRY(pq.get_value, file.find<decltype(PQgetvalue)>("PQgetvalue"));
    return pq;
}

}  // namespace nightshift::jobs::evidence
