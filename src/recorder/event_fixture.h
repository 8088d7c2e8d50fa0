#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "recorder/recorder.h"

// What the recorder's tests share.
namespace nightshift::recorder::testing {

// A folder that is gone with the test.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// The `number`-th model call of a small fleet; the same number gives the same event.
Event model_call(EventBatch& batch, uint64_t number, int64_t start_us);
// Numbers 0 to `count` - 1.
std::shared_ptr<EventBatch> batch_of(size_t count, int64_t start_us);
// A random event of a small fleet: all kinds, some columns empty.
Event random_event(EventBatch& batch, Random& random, int64_t start_us, int64_t span_us);
// Extreme numbers, clocks and texts.
Event hostile_event(EventBatch& batch, Random& random);

// Appends and waits.
Result<Receipt> append(Recorder& recorder, std::shared_ptr<EventBatch> batch);

std::vector<std::string> spans_of(const EventBatch& batch);
void expect_same(const Event& got, const Event& expected);

}  // namespace nightshift::recorder::testing
