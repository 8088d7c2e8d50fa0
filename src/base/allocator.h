#pragma once

#include <cstddef>
#include <functional>

// What the allocator is told, where it is tcmalloc; nothing with others, as under sanitizers.
namespace nightshift {

// Threads together keep at most about this much of what they freed for their next use; tcmalloc's own limit
// is 32 MiB. Before threads have started.
void bound_thread_caches(size_t bytes);

// Gives memory that was freed back to the system, also what the calling thread keeps of it. Takes a
// millisecond for some ten megabytes, and other threads that need memory may have to wait for a part of it:
// `rest` is called after each megabyte.
void release_free_memory(const std::function<void()>& rest);

}  // namespace nightshift
