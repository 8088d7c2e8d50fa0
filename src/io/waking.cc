#include "io/waking.h"

#include <sched.h>
#include <unistd.h>

namespace nightshift::io {

void set_waking(pid_t thread, Waking waking) {
    // The policy the program was started with is its main thread's.
    if (::sched_getscheduler(::getpid()) != SCHED_OTHER) return;
    const sched_param no_priority{};
    ::sched_setscheduler(thread, waking == Waking::kAtOnce ? SCHED_OTHER : SCHED_BATCH, &no_priority);
}

}  // namespace nightshift::io
