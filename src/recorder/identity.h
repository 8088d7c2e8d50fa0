#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "recorder/event.h"

namespace nightshift::recorder {

// Whether the event, when it comes without an id, is identified by its span; such an id is computed, never
// stored.
bool is_identified_by_span(const Event& event);

// The id of a span event: 32 hex digits over fields that are all stored (docs/formats/log.md).
std::string span_id(const Event& event);

// The id of any other event that came without one: 32 hex digits over everything in it.
std::string content_id(const Event& event);

// 32 hex digits of XXH3-128.
std::string hex_hash(std::string_view bytes);

// What the recorder remembers to recognise a retry.
uint64_t fingerprint(std::string_view tenant, std::string_view id);

}  // namespace nightshift::recorder
