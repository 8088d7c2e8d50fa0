#pragma once

#include <string>
#include <string_view>

#include "recorder/event.h"
#include "recorder/query.h"

namespace nightshift::recorder {

// Appends `event` as docs/api.md describes it. Attributes that are not a JSON object are left out as {}; the
// output is always valid JSON.
void append_event_json(std::string& out, const Event& event);

// The head line of the CSV form, and one line for an event (RFC 4180, LF). Absent values are empty fields; a
// text that a spreadsheet would run as a formula gets a leading apostrophe.
std::string_view event_csv_header();
void append_event_csv(std::string& out, const Event& event);

// Appends one cell of a QueryResult; nothing is null, a number that is not finite too.
void append_value_json(std::string& out, const Value& value);

}  // namespace nightshift::recorder
