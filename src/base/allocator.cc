#include "base/allocator.h"

// tcmalloc's; weak, because programs under sanitizers have another allocator.
extern "C" {
[[gnu::weak]] int MallocExtension_SetNumericProperty(const char* property, size_t value);
[[gnu::weak]] void MallocExtension_MarkThreadIdle();
[[gnu::weak]] void MallocExtension_ReleaseFreeMemory();
}

namespace nightshift {

void bound_thread_caches(size_t bytes) {
    if (MallocExtension_SetNumericProperty != nullptr)
        MallocExtension_SetNumericProperty("tcmalloc.max_total_thread_cache_bytes", bytes);
}

void release_free_memory() {
    if (MallocExtension_MarkThreadIdle != nullptr) MallocExtension_MarkThreadIdle();
    if (MallocExtension_ReleaseFreeMemory != nullptr) MallocExtension_ReleaseFreeMemory();
}

}  // namespace nightshift
