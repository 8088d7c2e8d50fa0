#include "recorder/free_memory.h"

// tcmalloc's; weak, because programs under sanitizers have another allocator.
extern "C" {
[[gnu::weak]] void MallocExtension_MarkThreadIdle();
[[gnu::weak]] void MallocExtension_ReleaseFreeMemory();
}

namespace nightshift::recorder {

void release_free_memory() {
    if (MallocExtension_MarkThreadIdle != nullptr) MallocExtension_MarkThreadIdle();
    if (MallocExtension_ReleaseFreeMemory != nullptr) MallocExtension_ReleaseFreeMemory();
}

}  // namespace nightshift::recorder
