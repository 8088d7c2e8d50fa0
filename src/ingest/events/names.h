#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "recorder/event.h"

// The words of docs/api.md back to values.
namespace nightshift::ingest::events {

std::optional<recorder::Kind> find_kind(std::string_view name);
std::optional<recorder::Status> find_status(std::string_view name);
std::optional<recorder::CostSource> find_cost_source(std::string_view name);

// RFC 3339 with a zone ("2026-11-22T02:31:09.397Z", "…+01:00") as Unix microseconds, or nothing.
std::optional<int64_t> parse_time(std::string_view text);

}  // namespace nightshift::ingest::events
