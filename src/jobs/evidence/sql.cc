#include <boost/json.hpp>

#include "base/redact.h"
#include "jobs/evidence/condition.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/postgres.h"
#include "jobs/evidence/sql_text.h"
#include "jobs/evidence/time_text.h"
#include "jobs/evidence/variables.h"
#include "store/sqlite/database.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    bool is_postgres = false;
    std::string database;  // a path, or a connection string
    std::string query;     // as written
    SqlText numbered;
    Condition condition;
};

// The first value of the first row.
Result<std::optional<Datum>> ask_sqlite(const std::string& database, const SqlText& query, const Work& work,
                                        Until until) {
    std::filesystem::path path = std::filesystem::path(work.folder) / database;
    NS_TRY(store::Database db, store::Database::open_read_only(path));
    db.interrupt_at(until);
    NS_TRY(store::Statement statement, db.prepare(query.text));
    int place = 0;
    for (const SqlParameter& parameter : query.parameters) {
        Time time = parameter.of(work);
        ++place;
        if (parameter.form == SqlParameter::Form::kText) {
            // As datetime() writes it, without the zone's letter.
            std::string text = time_text(time);
            text.pop_back();
            statement.bind(place, text);
        } else if (parameter.form == SqlParameter::Form::kSeconds) {
            statement.bind(place, std::chrono::floor<seconds>(time.time_since_epoch()).count());
        } else {
            statement.bind(place, unix_ms(time));
        }
    }
    Result<bool> row = statement.step();
    if (!row && has_passed(until)) return fail(Code::kTimeout, "the query took too long");
    if (!row) return Failure(row.error());
    if (!*row) return std::optional<Datum>();
    return std::optional<Datum>(statement.is_null(0) ? Datum{} : Datum::of(statement.text(0)));
}

Finding judge(const Rule& rule, const std::string& database, const Work& work, Until until) {
    Result<std::optional<Datum>> answer = rule.is_postgres
                                              ? ask_postgres(database, rule.numbered, work, until)
                                              : ask_sqlite(database, rule.numbered, work, until);
    if (!answer) return unknown(fmt::format("the database did not answer: {}", answer.error().message));
    if (!*answer) return fails("the query finds no row");
    return rule.condition.judge("the query's value", **answer, work.history);
}

// What a database holds. Only reads: the file is opened so, or the transaction is.
class Sql final : public Source {
public:
    explicit Sql(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}

    std::string_view kind() const override { return "sql"; }
    std::string describe() const override {
        return Redactor().redact(fmt::format("{} {}", rule_->query, rule_->condition.describe()));
    }

protected:
    Task<Observation> look(const Work& work, const Instruments& instruments) const override {
        Variables variables(instruments.environment);
        Result<std::string> database = variables.expand(rule_->database);
        if (!database) co_return observation(unknown(database.error().message), observer());
        auto look = [rule = rule_, database = *database, work](Until end) {
            return judge(*rule, database, work, end);
        };
        Finding finding = co_await find_on_pool(instruments, std::move(look));
        finding.text = variables.hide(std::move(finding.text));
        co_return observation(finding, observer());
    }
    std::string observer() const override {
        return rule_->is_postgres ? "PostgreSQL" : fmt::format("SQLite {}", rule_->database);
    }

private:
    std::shared_ptr<const Rule> rule_;
};

}  // namespace

Parsed parse_sql(const boost::json::value& value) {
    Keys keys("sql", value, with_condition_keys({"sqlite", "postgres", "query"}));
    Rule rule;
    rule.is_postgres = keys.has("postgres");
    if (keys.has("sqlite") == keys.has("postgres"))
        keys.refuse(
            "sql needs one of the keys 'sqlite' (a file) and 'postgres' (a connection like "
            "\"${DATABASE_URL}\")");
    rule.database = keys.text(rule.is_postgres ? "postgres" : "sqlite").value_or("");
    if (auto good = check_variables(rule.database); !good) keys.refuse("sql: " + good.error().message);
    rule.query = keys.required("query");
    Result<SqlText> numbered = number_parameters(rule.query, rule.is_postgres ? '$' : '?');
    if (!numbered) keys.refuse("sql.query: " + numbered.error().message);
    if (numbered) rule.numbered = std::move(*numbered);
    rule.condition = Condition::parse(keys);
    if (rule.condition.is_empty()) keys.refuse("sql needs a condition, like min or equals");
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Sql>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
