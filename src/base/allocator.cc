#include "base/allocator.h"

// tcmalloc's; weak, because programs under sanitizers have another allocator.
extern "C" {
[[gnu::weak]] int MallocExtension_SetNumericProperty(const char* property, size_t value);
[[gnu::weak]] void MallocExtension_MarkThreadIdle();
[[gnu::weak]] int MallocExtension_GetNumericProperty(const char* property, size_t* value);
[[gnu::weak]] void MallocExtension_ReleaseToSystem(size_t bytes);
}

namespace nightshift {
namespace {

constexpr size_t kReleasedAtOnce = 1u << 20;

// What the allocator has from the system and nobody uses.
size_t free_bytes() {
    size_t bytes = 0;
    MallocExtension_GetNumericProperty("tcmalloc.pageheap_free_bytes", &bytes);
    return bytes;
}

}  // namespace

void bound_thread_caches(size_t bytes) {
    if (MallocExtension_SetNumericProperty != nullptr)
        MallocExtension_SetNumericProperty("tcmalloc.max_total_thread_cache_bytes", bytes);
}

void release_free_memory(const std::function<void()>& rest) {
    if (MallocExtension_ReleaseToSystem == nullptr || MallocExtension_GetNumericProperty == nullptr) return;
    if (MallocExtension_MarkThreadIdle != nullptr) MallocExtension_MarkThreadIdle();
    for (size_t left = free_bytes() / kReleasedAtOnce; left > 0; --left) {
        MallocExtension_ReleaseToSystem(kReleasedAtOnce);
        rest();
    }
}

}  // namespace nightshift
