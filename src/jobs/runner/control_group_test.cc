#include "jobs/runner/control_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "jobs/runner/process_for_test.h"

// On a folder that looks like the kernel's: which files are written, and what with.
namespace nightshift::jobs {
namespace {

using std::filesystem::path;
using testing::HasSubstr;

class ControlGroupTest : public testing::Test {
protected:
    ControlGroupTest() {
        system_.mount = folder_.path() / "cgroup";
        system_.membership = folder_.path() / "membership";
    }
    void put(const path& file, const std::string& text) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    // A group with its files, as the kernel makes them.
    path group(const std::string& name) {
        path folder = system_.mount / name;
        put(folder / "cgroup.controllers", "cpu memory pids\n");
        put(folder / "cgroup.subtree_control", "");
        put(folder / "cgroup.procs", std::to_string(::getpid()) + "\n");
        return folder;
    }
    void be_in(const std::string& name) { put(system_.membership, "1:name=systemd:/x\n0::/" + name + "\n"); }

    TestFolder folder_;
    ControlGroupSystem system_;
};

TEST_F(ControlGroupTest, IsUnavailableWithoutVersionTwo) {
    put(system_.membership, "4:memory:/\n");
    auto prepared = prepare_control_groups(system_);
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, Code::kUnavailable);
    EXPECT_FALSE(find_group_parent(system_));
}

TEST_F(ControlGroupTest, UsesTheGroupAboveTheOneTheServiceManagerMade) {
    path service = group("nightshift.service");
    group("nightshift.service/nightshift");
    be_in("nightshift.service/nightshift");
    system_.is_managed = true;
    EXPECT_FALSE(find_group_parent(system_));  // nothing is enabled yet
    auto prepared = prepare_control_groups(system_);
    ASSERT_TRUE(prepared);
    EXPECT_EQ(*prepared, service);
    EXPECT_EQ(slurp(service / "cgroup.subtree_control"), "+memory +pids");
    put(service / "cgroup.subtree_control", "memory pids\n");  // as the kernel reads it back
    EXPECT_EQ(find_group_parent(system_), service);
}

TEST_F(ControlGroupTest, StaysWhereTheServiceManagerPutIt) {
    group("nightshift.service");
    be_in("nightshift.service");
    system_.is_managed = true;
    auto prepared = prepare_control_groups(system_);
    ASSERT_FALSE(prepared);
    EXPECT_THAT(prepared.error().message, HasSubstr("DelegateSubgroup"));
}

TEST_F(ControlGroupTest, MovesAsideWhereItIsAlone) {
    path container = group("box");
    group("box/nightshift");
    put(container / "nightshift/cgroup.procs", "");
    be_in("box");
    ASSERT_TRUE(prepare_control_groups(system_));
    EXPECT_EQ(slurp(container / "nightshift/cgroup.procs"), std::to_string(::getpid()));
}

TEST_F(ControlGroupTest, NeverMovesWhereOthersLive) {
    path scope = group("session.scope");
    put(scope / "cgroup.procs", "1\n" + std::to_string(::getpid()) + "\n");
    be_in("session.scope");
    auto prepared = prepare_control_groups(system_);
    ASSERT_FALSE(prepared);
    EXPECT_THAT(prepared.error().message, HasSubstr("others live"));
    EXPECT_FALSE(std::filesystem::exists(scope / "nightshift"));
}

TEST_F(ControlGroupTest, IsNotUsedWhenItsLimitsCannotBeSet) {
    // An ordinary folder has no memory.max: the kernel would make it with the group.
    std::filesystem::create_directories(system_.mount);
    ProcessLimits limits;
    limits.memory_bytes = 1u << 30;
    EXPECT_FALSE(ControlGroup::create(system_.mount / "run-1", limits));
    EXPECT_FALSE(std::filesystem::exists(system_.mount / "run-1"));
}

TEST_F(ControlGroupTest, ReadsWhatTheKernelCounted) {
    std::filesystem::create_directories(system_.mount);
    ProcessLimits limits;
    limits.processes = 0;
    auto group = ControlGroup::create(system_.mount / "run-1", limits);
    ASSERT_TRUE(group);
    EXPECT_FALSE(group->ran_out_of_memory());
    put(group->folder() / "memory.peak", "123456\n");
    put(group->folder() / "memory.events", "low 0\noom 2\noom_kill 1\n");
    put(group->folder() / "cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
    EXPECT_EQ(group->memory_peak_bytes(), 123456);
    EXPECT_EQ(group->cpu_ms(), 2500);
    EXPECT_TRUE(group->ran_out_of_memory());
}

}  // namespace
}  // namespace nightshift::jobs
