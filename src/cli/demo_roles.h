#pragma once

#include <array>
#include <string_view>

namespace nightshift::cli {

struct DemoRole {
    std::string_view name;
    std::string_view shows;
};

// The simulated fleet: some healthy in ways that look suspicious, some sick in ways that look healthy.
inline constexpr std::array kDemoRoles{
    DemoRole{"researcher", "works: searches and reads, a new question each time"},
    DemoRole{"writer", "works, with a helper in a child session"},
    DemoRole{"builder", "works: one tool again and again with other arguments, which is no loop"},
    DemoRole{"watcher", "works: polls a build, which is no loop either"},
    DemoRole{"looper", "loops: the same call with the same result, burning tokens"},
    DemoRole{"stumbler", "errs: its provider fails every time"},
    DemoRole{"throttled", "is rate limited after a while"},
    DemoRole{"silent", "goes silent in the middle of a tool call"},
    DemoRole{"waiter", "waits for a person's approval"},
};

}  // namespace nightshift::cli
