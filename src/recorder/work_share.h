#pragma once

#include <chrono>
#include <functional>

namespace nightshift::recorder {

// How long a thread that worked for `used` rests, so that work nobody waits for takes a fifth of a processor:
// others may need all of the rest of it to answer in time. Pure.
std::chrono::microseconds rest_after(std::chrono::microseconds used);

// Keeps the calling thread to that share: it calls rest() often, and holds no lock that others need.
class WorkShare {
public:
    // `is_in_hurry`: somebody waits, and it does not rest.
    explicit WorkShare(std::function<bool()> is_in_hurry);
    void rest();

private:
    std::function<bool()> is_in_hurry_;
    std::chrono::microseconds used_;  // of this thread's processor time, at the last rest
};

}  // namespace nightshift::recorder
