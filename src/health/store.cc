#include "health/store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include "health/judge.h"
#include "store/migrations.h"

namespace nightshift::health {
namespace {

constexpr std::string_view kCreate =
    "CREATE TABLE probes ("
    " name TEXT PRIMARY KEY,"
    " question TEXT NOT NULL,"
    " word TEXT NOT NULL CHECK (word IN ('passing', 'failing')),"
    " since_us INTEGER NOT NULL,"
    " seen_us INTEGER NOT NULL,"
    " why TEXT NOT NULL) STRICT";

void add_names(std::string& text, const std::map<std::string, Secret>& named) {
    for (const auto& each : named) text += each.first + "\n";
}

void add_conditions(std::string& text, const Expectation& expected) {
    text += fmt::format("{}\n", fmt::join(expected.status, ","));
    for (const std::string& each : expected.contains) text += each + "\n";
    for (const JsonCondition& each : expected.json) {
        auto number = [](const std::optional<double>& value) {
            return value ? fmt::format("{}", *value) : "";
        };
        text += fmt::format("{}\n{}\n{}\n{}\n{}\n", each.path.text(), each.equals, number(each.min),
                            number(each.max), each.age_max ? each.age_max->count() : -1);
    }
}

}  // namespace

Result<void> migrate_health(store::Database& db) {
    return store::migrate(db, "health", {{1, std::string(kCreate)}});
}

Result<void> put_known(store::Database& db, const std::string& probe, const Known& known) {
    NS_TRY(store::Statement put,
           db.prepare("INSERT INTO probes (name, question, word, since_us, seen_us, why)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                      " ON CONFLICT (name) DO UPDATE SET question = ?2, word = ?3,"
                      " since_us = ?4, seen_us = ?5, why = ?6"));
    put.bind(1, probe).bind(2, known.question).bind(3, to_string(known.settled.word));
    put.bind(4, unix_us(known.settled.since)).bind(5, unix_us(known.settled.seen)).bind(6, known.settled.why);
    return put.run();
}

Result<void> forget(store::Database& db, const std::string& probe) {
    NS_TRY(store::Statement erase, db.prepare("DELETE FROM probes WHERE name = ?1"));
    return erase.bind(1, probe).run();
}

Result<std::map<std::string, Known>> read_known(store::Database& db) {
    NS_TRY(store::Statement rows,
           db.prepare("SELECT name, question, word, since_us, seen_us, why FROM probes"));
    std::map<std::string, Known> all;
    for (;;) {
        NS_TRY(bool has_row, rows.step());
        if (!has_row) return all;
        Known known;
        known.question = rows.text(1);
        using Word = Settled::Word;
        known.settled.word = rows.text(2) == "passing" ? Word::kPassing : Word::kFailing;
        known.settled.since = from_unix_us(rows.integer(3));
        known.settled.seen = from_unix_us(rows.integer(4));
        known.settled.why = rows.text(5);
        all.emplace(rows.text(0), std::move(known));
    }
}

std::string key_of(const Question& question) {
    std::string text = fmt::format("{}\n", question.index());
    if (const auto* http = std::get_if<HttpQuestion>(&question)) {
        text += fmt::format("{}\n{}\n{}\n", net::to_string(http->method), http->url, http->body);
        add_names(text, http->headers);
    } else if (const auto* tcp = std::get_if<TcpQuestion>(&question)) {
        text += fmt::format("{}:{}", tcp->host, tcp->port);
    } else {
        const auto& command = std::get<CommandQuestion>(question);
        text += fmt::format("{}\n{}\n", fmt::join(command.argv, "\n"), command.folder);
        add_names(text, command.environment);
    }
    add_conditions(text, expectation_of(question));
    return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

}  // namespace nightshift::health
