#include "base/shared_library.h"

#include <dlfcn.h>

namespace nightshift {

Result<SharedLibrary> SharedLibrary::load(const std::string& name) {
    void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return fail(Code::kUnavailable, "cannot load {}: {}", name, ::dlerror());
    return SharedLibrary(name, handle);
}

Result<void*> SharedLibrary::address_of(const char* function) const {
    void* address = ::dlsym(handle_, function);
    if (address == nullptr) return fail(Code::kUnavailable, "{} has no function {}", name_, function);
    return address;
}

}  // namespace nightshift
