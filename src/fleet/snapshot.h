#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fleet/state.h"

namespace nightshift::fleet {

// The fleet in a file, with the recorder's position it was derived up to (docs/formats/fleet.md). Events
// after that position bring it up to date again.
std::string encode_snapshot(const Fleet& fleet, uint64_t position);

// Fills an empty fleet; returns the position. kCorrupt when the bytes are damaged or of another version: then
// the fleet is as it was, and starts from the recorder alone.
Result<uint64_t> decode_snapshot(std::string_view bytes, Fleet& fleet);

}  // namespace nightshift::fleet
