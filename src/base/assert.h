#pragma once

namespace nightshift {

// Prints the broken claim and aborts; the service manager restarts us and the log recovers.
[[noreturn]] void assertion_failed(const char* claim, const char* file, int line);

}  // namespace nightshift

// A claim about our own code, checked in release too. Never for input: input errors are values.
#define NS_ASSERT(claim) \
    ((claim) ? static_cast<void>(0) : ::nightshift::assertion_failed(#claim, __FILE__, __LINE__))
