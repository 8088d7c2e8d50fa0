#pragma once

#include <sys/types.h>

namespace nightshift::io {

// What a thread does that has slept and has work again, when another has the processor. With each it gets the
// same share of it.
enum class Waking {
    kAtOnce,          // interrupts the other, as threads usually do: once that has had a turn of milliseconds
    kSooner,          // asks for short turns, and so for its own before the other's is over (Linux 6.12)
    kWhenOthersRest,  // waits until the other has nothing to do or has had its turn
};

// `thread` as gettid() tells it. Does nothing in a program that the operator started with a policy of his
// own.
void set_waking(pid_t thread, Waking waking);

}  // namespace nightshift::io
