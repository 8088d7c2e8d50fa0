#pragma once

namespace nightshift::recorder {

// Gives memory that was freed back to the system, also what the calling thread keeps of it for its next use.
// For an allocator that does not do so by itself: tcmalloc; nothing with others. Takes a millisecond for some
// ten megabytes.
void release_free_memory();

}  // namespace nightshift::recorder
