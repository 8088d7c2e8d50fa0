#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

// Non-blocking sockets on the loopback, for programs with one thread and one epoll.
struct epoll_event;

namespace nightshift::bench {

// CLOCK_MONOTONIC: the same for all processes of a machine.
int64_t now_ns();

Result<FileDescriptor> listen_on(uint16_t port);
Result<FileDescriptor> connect_to(uint16_t port);

// Sends what it can of `out` from `sent` on. False when the connection is gone.
bool flush(int socket, std::string& out, size_t& sent);
// Appends what has come. False when the other side is gone.
bool receive(int socket, std::string& into);

// An epoll that also wakes at a moment, more exact than its own timeout in milliseconds.
class Poll {
public:
    Poll();
    void add(int descriptor, uint32_t events, uint64_t data) const;
    void change(int descriptor, uint32_t events, uint64_t data) const;
    // Waits for events or the moment, whichever is first. Returns the number of events in `out`.
    int wait(epoll_event* out, int max, int64_t until_ns) const;

private:
    FileDescriptor epoll_;
};

}  // namespace nightshift::bench
