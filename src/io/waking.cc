#include "io/waking.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace nightshift::io {
namespace {

constexpr uint64_t kShortTurnNs = 100'000;  // the shortest that the kernel takes

// sched_setattr(2): the C library has neither the function nor its struct.
struct SchedulingAttributes {
    uint32_t size = sizeof(SchedulingAttributes);
    uint32_t policy = SCHED_OTHER;
    uint64_t flags = 0;
    int32_t nice = 0;
    uint32_t priority = 0;
    uint64_t runtime_ns = 0;
    uint64_t deadline_ns = 0;
    uint64_t period_ns = 0;
};

void ask_for_short_turns(pid_t thread) {
    SchedulingAttributes attributes;
    attributes.nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(thread));
    attributes.runtime_ns = kShortTurnNs;
    ::syscall(SYS_sched_setattr, thread, &attributes, 0);
}

}  // namespace

void set_waking(pid_t thread, Waking waking) {
    // The policy the program was started with is its main thread's.
    if (::sched_getscheduler(::getpid()) != SCHED_OTHER) return;
    if (waking == Waking::kSooner) return ask_for_short_turns(thread);
    const sched_param no_priority{};
    ::sched_setscheduler(thread, waking == Waking::kAtOnce ? SCHED_OTHER : SCHED_BATCH, &no_priority);
}

}  // namespace nightshift::io
