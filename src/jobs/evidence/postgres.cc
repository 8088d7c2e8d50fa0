#include "jobs/evidence/postgres.h"

#include <poll.h>

#include <cerrno>
#include <memory>

#include "base/text.h"
#include "jobs/evidence/postgres_library.h"
#include "jobs/evidence/time_text.h"

namespace nightshift::jobs::evidence {
namespace {

// From the server's pg_type.dat: the types of what we send and of the one answer we read otherwise than as
// text.
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kTimestamptz = 1184;

using ResultRows = std::unique_ptr<PGresult, decltype(&PQclear)>;

// One connection, driven without ever waiting longer than `until`.
class Connection {
public:
    static Result<Connection> open(const PostgresLibrary& pq, const std::string& text, Until until) {
        const char* names[] = {"dbname", "fallback_application_name", nullptr};
        const char* values[] = {text.c_str(), "nightshift", nullptr};
        Connection connection(pq, pq.connect_start_params(names, values, 1), until);
        PGconn* raw = connection.raw_.get();
        if (!raw) return fail(Code::kUnavailable, "libpq has no memory");
        pq.set_notice_processor(raw, [](void*, const char*) {}, nullptr);
        PostgresPollingStatusType next = PGRES_POLLING_WRITING;
        while (pq.status(raw) != CONNECTION_BAD && next != PGRES_POLLING_OK) {
            if (next == PGRES_POLLING_FAILED) break;
            bool is_reading = next == PGRES_POLLING_READING;
            if (auto ready = connection.wait(is_reading ? POLLIN : POLLOUT, "connecting"); !ready)
                return Failure(ready.error());
            next = pq.connect_poll(raw);
        }
        if (pq.status(raw) != CONNECTION_OK) return connection.failed();
        return connection;
    }

    // The first result of one statement; the rest of it is read when `is_last` is false, dropped otherwise.
    Result<ResultRows> run(const std::string& sql, const std::vector<Oid>& types,
                           const std::vector<std::string>& values, bool is_last) {
        std::vector<const char*> texts;
        for (const std::string& value : values) texts.push_back(value.c_str());
        int sent = pq_->send_query_params(raw_.get(), sql.c_str(), static_cast<int>(types.size()),
                                          types.data(), texts.data(), nullptr, nullptr, 0);
        if (sent == 0) return failed();
        if (is_last) pq_->set_single_row_mode(raw_.get());
        NS_TRY(ResultRows first, next_result());
        if (!first) return failed();
        ExecStatusType status = pq_->result_status(first.get());
        bool is_good =
            status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
        if (!is_good) return fail(Code::kUnavailable, "{}", trim(pq_->result_error_message(first.get())));
        while (!is_last) {
            NS_TRY(ResultRows more, next_result());
            if (!more) break;
        }
        return first;
    }

private:
    Connection(const PostgresLibrary& pq, PGconn* raw, Until until)
        : pq_(&pq), raw_(raw, pq.finish), until_(until) {}

    Failure failed() const { return fail(Code::kUnavailable, "{}", trim(pq_->error_message(raw_.get()))); }

    Result<void> wait(short events, std::string_view what) const {
        while (true) {
            if (has_passed(until_)) return fail(Code::kTimeout, "{} took too long", what);
            pollfd socket{pq_->socket(raw_.get()), events, 0};
            int ready =
                ::poll(&socket, 1, static_cast<int>(std::min<int64_t>(time_left(until_).count(), 60'000)));
            if (ready > 0) return {};
            if (ready < 0 && errno != EINTR) return fail(Code::kIo, "poll failed");
        }
    }

    Result<ResultRows> next_result() {
        while (pq_->is_busy(raw_.get()) != 0) {
            if (auto ready = wait(POLLIN, "the query"); !ready) return Failure(ready.error());
            if (pq_->consume_input(raw_.get()) == 0) return failed();
        }
        return ResultRows(pq_->get_result(raw_.get()), pq_->clear);
    }

    const PostgresLibrary* pq_;
    std::unique_ptr<PGconn, decltype(&PQfinish)> raw_;
    Until until_;
};

std::string rendered(const SqlParameter& parameter, Time time) {
    switch (parameter.form) {
        case SqlParameter::Form::kText:
            return rfc3339_text(time);
        case SqlParameter::Form::kSeconds:
            return std::to_string(std::chrono::floor<seconds>(time.time_since_epoch()).count());
        case SqlParameter::Form::kMilliseconds:
            return std::to_string(unix_ms(time));
    }
    return "";
}

Datum datum_of(const PostgresLibrary& pq, const PGresult* row) {
    if (pq.get_is_null(row, 0, 0) != 0) return Datum{};
    std::string text(pq.get_value(row, 0, 0), static_cast<size_t>(pq.get_length(row, 0, 0)));
    if (pq.field_type(row, 0) != kBool) return Datum::of(std::move(text));
    Datum datum;
    datum.kind = Datum::Kind::kBool;
    datum.flag = text == "t";
    return datum;
}

}  // namespace

Result<std::optional<Datum>> ask_postgres(const std::string& connection, const SqlText& query,
                                          const Work& work, Until until) {
    NS_TRY(const PostgresLibrary pq, PostgresLibrary::load());
    NS_TRY(Connection open, Connection::open(pq, connection, until));
    NS_TRY([[maybe_unused]] ResultRows begun, open.run("begin transaction read only", {}, {}, false));
    // The server gives up too when we have left.
    std::string limit =
        fmt::format("set local statement_timeout = {}", std::max<int64_t>(1, time_left(until).count()));
    NS_TRY([[maybe_unused]] ResultRows limited, open.run(limit, {}, {}, false));
    std::vector<Oid> types;
    std::vector<std::string> values;
    for (const SqlParameter& parameter : query.parameters) {
        types.push_back(parameter.form == SqlParameter::Form::kText ? kTimestamptz : kInt8);
        values.push_back(rendered(parameter, parameter.of(work)));
    }
    NS_TRY(ResultRows rows, open.run(query.text, types, values, true));
    if (pq.tuple_count(rows.get()) == 0 || pq.field_count(rows.get()) == 0) return std::optional<Datum>();
    return std::optional<Datum>(datum_of(pq, rows.get()));
}

}  // namespace nightshift::jobs::evidence
