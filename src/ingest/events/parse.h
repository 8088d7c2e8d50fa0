#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/redact.h"
#include "recorder/event.h"

// POST /api/v1/events: one JSON event a line, members as in docs/api.md.
namespace nightshift::ingest::events {

struct LineError {
    uint32_t line = 0;  // from 1
    std::string message;
};

struct Parsed {
    uint64_t rejected = 0;
    std::vector<LineError> errors;  // the first limits::kLineErrorsMax of them
};

// Appends an event for each good line to `batch`. Empty lines are nothing. Members we do not know are kept
// among the attributes. Pure but for the batch.
Parsed parse_lines(std::string_view body, std::string_view tenant, Time now, const Redactor& redactor,
                   bool keep_content, recorder::EventBatch& batch);

}  // namespace nightshift::ingest::events
