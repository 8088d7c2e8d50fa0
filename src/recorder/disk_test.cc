#include "recorder/disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "recorder/event_fixture.h"
#include "recorder/recorder.h"

namespace nightshift::recorder {
namespace {

namespace fs = std::filesystem;
using testing::append;
using testing::batch_of;

constexpr int64_t kNowUs = 1'790'000'000'000'000;

// Refuses when told to, after writing a part.
class FullDisk final : public Disk {
public:
    Result<void> write(int fd, std::string_view bytes, uint64_t offset, std::string_view path) override {
        if (!is_full) return Disk::write(fd, bytes, offset, path);
        Result<void> part = Disk::write(fd, bytes.substr(0, bytes.size() / 2), offset, path);
        if (!part) return part;
        return fail(Code::kLimit, "cannot write {}: no space left", path);
    }
    Result<void> sync(int fd, std::string_view path) override {
        if (fails_sync) return fail(Code::kIo, "cannot sync {}", path);
        return Disk::sync(fd, path);
    }
    Result<uint64_t> free_bytes(std::string_view) override { return left.load(); }
    std::atomic<uint64_t> left = 1ull << 40;
    std::atomic<bool> is_full = false;
    std::atomic<bool> fails_sync = false;
};

// Knows what was not synced, and can give a copy of the folder without it: what a power cut leaves.
class ForgetfulDisk final : public Disk {
public:
    Result<void> write(int fd, std::string_view bytes, uint64_t offset, std::string_view path) override {
        std::lock_guard lock(mutex_);
        unsynced_[std::string(path)].emplace_back(offset, bytes.size());
        return Disk::write(fd, bytes, offset, path);
    }
    Result<void> sync(int fd, std::string_view path) override {
        std::lock_guard lock(mutex_);
        unsynced_.erase(std::string(path));
        return Disk::sync(fd, path);
    }
    void copy_synced(const fs::path& from, const fs::path& to) {
        std::lock_guard lock(mutex_);
        std::error_code ignored;  // files come and go meanwhile
        for (fs::recursive_directory_iterator at(from, ignored), end; at != end; at.increment(ignored)) {
            fs::path target = to / at->path().lexically_relative(from);
            if (at->is_directory(ignored)) {
                fs::create_directories(target, ignored);
                continue;
            }
            fs::create_directories(target.parent_path(), ignored);
            fs::copy_file(at->path(), target, ignored);
            forget(at->path(), target);
        }
    }

private:
    void forget(const fs::path& path, const fs::path& copy) {
        auto found = unsynced_.find(path.native());
        if (found == unsynced_.end()) return;
        FileDescriptor file(::open(copy.c_str(), O_WRONLY | O_CLOEXEC));
        for (auto [offset, size] : found->second) {
            std::string zeros(size, '\0');
            ASSERT_EQ(::pwrite(file.get(), zeros.data(), size, static_cast<off_t>(offset)),
                      static_cast<ssize_t>(size));
        }
    }

    std::mutex mutex_;
    std::map<std::string, std::vector<std::pair<uint64_t, size_t>>> unsynced_;
};

size_t count_events(const Recorder& recorder) {
    EventQuery query;
    query.limit = 50000;
    Result<EventPage> page = recorder.events(query);
    EXPECT_TRUE(page);
    return page->batch->events.size();
}

TEST(FullDisk, RefusesWithAMessageAndGoesOnWhenThereIsSpaceAgain) {
    testing::Folder folder;
    FullDisk disk;
    ManualClock clock(from_unix_us(kNowUs));
    Options options;
    options.directory = folder.path();
    options.disk = &disk;
    auto recorder = *Recorder::open(options, clock);
    ASSERT_TRUE(append(*recorder, batch_of(10, kNowUs)));
    for (std::atomic<bool>* fault : {&disk.is_full, &disk.fails_sync}) {
        *fault = true;
        Result<Receipt> refused = append(*recorder, batch_of(20, kNowUs));
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().code == Code::kLimit || refused.error().code == Code::kIo);
        EXPECT_TRUE(recorder->stats().is_failing);
        EXPECT_NE(recorder->stats().failure, "");
        EXPECT_EQ(count_events(*recorder), 10u);
        *fault = false;
    }
    // The retry is not taken for a duplicate of what was refused.
    Result<Receipt> retry = append(*recorder, batch_of(20, kNowUs));
    ASSERT_TRUE(retry);
    EXPECT_EQ(retry->accepted, 10u);
    EXPECT_FALSE(recorder->stats().is_failing);
    recorder.reset();
    recorder = *Recorder::open(options, clock);
    EXPECT_EQ(count_events(*recorder), 20u);
}

TEST(FullDisk, LeavesTheLastRoomToOthers) {
    testing::Folder folder;
    FullDisk disk;
    ManualClock clock(from_unix_us(kNowUs));
    Options options;
    options.directory = folder.path();
    options.disk = &disk;
    options.keep_free_bytes = 64u << 20;
    auto recorder = *Recorder::open(options, clock);
    ASSERT_TRUE(append(*recorder, batch_of(10, kNowUs)));
    disk.left = options.keep_free_bytes - 1;
    Result<Receipt> refused = append(*recorder, batch_of(20, kNowUs));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kLimit);
    EXPECT_TRUE(recorder->stats().is_failing);
    disk.left = options.keep_free_bytes;
    EXPECT_TRUE(append(*recorder, batch_of(20, kNowUs)));
}

TEST(FullDisk, KeepsWhatCannotBeSealedInMemoryAndInTheLog) {
    testing::Folder folder;
    FullDisk disk;
    ManualClock clock(from_unix_us(kNowUs));
    Options options;
    options.directory = folder.path();
    options.disk = &disk;
    auto recorder = *Recorder::open(options, clock);
    ASSERT_TRUE(append(*recorder, batch_of(10, kNowUs)));
    disk.is_full = true;
    EXPECT_FALSE(recorder->seal_all());
    EXPECT_TRUE(recorder->stats().is_failing);
    EXPECT_EQ(count_events(*recorder), 10u);
    disk.is_full = false;
    recorder.reset();
    recorder = *Recorder::open(options, clock);
    EXPECT_EQ(count_events(*recorder), 10u);
    EXPECT_TRUE(recorder->seal_all());
    EXPECT_EQ(count_events(*recorder), 10u);
    EXPECT_EQ(recorder->stats().segment_rows, 10u);
}

TEST(ForgetfulDisk, APowerCutLosesNothingThatWasAcknowledged) {
    testing::Folder folder;
    ForgetfulDisk disk;
    ManualClock clock(from_unix_us(kNowUs));
    Options options;
    options.directory = folder.path() / "live";
    options.disk = &disk;
    options.log_bytes_max = 200'000;  // sealing goes on all the time
    auto recorder = *Recorder::open(options, clock);
    std::atomic<size_t> acknowledged = 0;
    std::atomic<bool> is_done = false;
    std::thread writer([&] {
        for (size_t i = 1; i <= 60; ++i) {
            if (append(*recorder, batch_of(i * 25, kNowUs))) acknowledged = i * 25;
        }
        is_done = true;
    });
    for (int cut = 0; !is_done && cut < 6; ++cut) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        Options after = options;
        after.directory = folder.path() / std::to_string(cut);
        after.disk = nullptr;
        size_t promised = acknowledged;
        disk.copy_synced(options.directory, after.directory);
        auto opened = Recorder::open(after, clock);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_GE(count_events(**opened), promised);
        EXPECT_TRUE((*opened)->stats().set_aside.empty());
        // Nothing is doubled by sending everything again.
        ASSERT_TRUE(append(**opened, batch_of(60 * 25, kNowUs)));
        EXPECT_EQ(count_events(**opened), 60u * 25u);
    }
    writer.join();
}

}  // namespace
}  // namespace nightshift::recorder
