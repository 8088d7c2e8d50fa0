#pragma once

#include "recorder/event.h"

namespace nightshift::recorder {

// What one event may hold. Ingest cuts earlier and with more care; these bounds protect the files.
inline constexpr size_t kTextBytesMax = 4096;
inline constexpr size_t kIdBytesMax = 256;
inline constexpr size_t kAttributesBytesMax = 1u << 20;

// Cuts texts that are longer, replaces a longer id by its hash, and larger attributes by a note of their
// size.
void limit_texts(EventBatch& batch);

}  // namespace nightshift::recorder
