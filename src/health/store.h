#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "health/standing.h"
#include "store/sqlite/database.h"

namespace nightshift::health {

Result<void> migrate_health(store::Database& db);

// What was known of a probe last; it speaks of a question, and of no other under the same name.
struct Known {
    std::string question;  // its key
    Settled settled;       // passing or failing
};

Result<void> put_known(store::Database& db, const std::string& probe, const Known& known);
Result<void> forget(store::Database& db, const std::string& probe);
Result<std::map<std::string, Known>> read_known(store::Database& db);

// Tells questions apart: another address, another expectation. A hash, without the values of headers and of
// the environment: a new key does not make a new question.
std::string key_of(const Question& question);

}  // namespace nightshift::health
