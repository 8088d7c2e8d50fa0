#pragma once

#include <optional>

#include "base/file.h"
#include "jobs/runner/process_tree.h"

namespace nightshift::jobs {

// A handle on a process that never means another one. Readable when it has ended. Not open when there is no
// such process any more, or its number was given to another.
FileDescriptor open_process(const ProcessIdentity& identity);
FileDescriptor open_process(pid_t own_child);

// False when it has ended.
bool send_signal(const FileDescriptor& process, int signal);

// Takes the end of our own child, so that it does not stay a zombie; of others it does nothing.
void reap_child(const FileDescriptor& process);

}  // namespace nightshift::jobs
