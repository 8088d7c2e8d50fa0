#pragma once

#include <string>

#include "base/result.h"

namespace nightshift {

// A library of the system, loaded when it is first needed: what few users need costs the others neither
// memory nor time at the start. It stays loaded until the program ends, because its threads and destructors
// may. Any thread.
class SharedLibrary {
public:
    // `name` as the loader knows it: "libpq.so.5". kUnavailable, with the loader's words, when it is not
    // installed.
    static Result<SharedLibrary> load(const std::string& name);

    // The library's function of that name. kUnavailable when it has none.
    template <typename Function>
    Result<Function*> find(const char* name) const {
        NS_TRY(void* address, address_of(name));
        return reinterpret_cast<Function*>(address);
    }

private:
    SharedLibrary(std::string name, void* handle) : name_(std::move(name)), handle_(handle) {}
    Result<void*> address_of(const char* function) const;

    std::string name_;
    void* handle_;
};

}  // namespace nightshift
