#include <gtest/gtest.h>

#include "base/file.h"
#include "recorder/columns.h"
#include "recorder/event_fixture.h"
#include "recorder/log_files.h"
#include "recorder/log_record.h"

namespace nightshift::recorder {
namespace {

constexpr int64_t kNowUs = 1'790'000'000'000'000;

std::string record_of(uint64_t first_row, size_t events) {
    auto batch = testing::batch_of(events, kNowUs + static_cast<int64_t>(first_row));
    std::vector<bool> is_derived = complete_ids(*batch);
    std::string out;
    append_record(out, {first_row, kNowUs, static_cast<uint32_t>(events)}, encode_events(*batch, is_derived));
    return out;
}

std::pair<LogScan, std::vector<uint64_t>> scan(const std::string& bytes) {
    testing::Folder folder;
    std::filesystem::path path = folder.path() / log_file_name(1);
    EXPECT_TRUE(write_file_atomically(path, bytes));
    std::vector<uint64_t> rows;
    Result<LogScan> found = scan_log_file(path, [&rows](const Record& record) {
        rows.push_back(record.header.first_row);
        return true;
    });
    EXPECT_TRUE(found);
    return {*found, rows};
}

TEST(LogRecord, GivesBackTheEventsOfABatch) {
    auto batch = std::make_shared<EventBatch>();
    Random random(6);
    for (int i = 0; i < 200; ++i) batch->events.push_back(testing::hostile_event(*batch, random));
    for (int i = 0; i < 50; ++i)
        batch->events.push_back(testing::model_call(*batch, static_cast<uint64_t>(i), kNowUs));
    std::vector<bool> is_derived = complete_ids(*batch);
    Result<DecodedEvents> decoded = decode_events(encode_events(*batch, is_derived), 250);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->is_derived, is_derived);
    for (size_t i = 0; i < 250; ++i) testing::expect_same(decoded->batch->events[i], batch->events[i]);
}

TEST(LogScan, StopsAtATornTail) {
    std::string first = record_of(1, 5);
    std::string second = record_of(6, 5);
    auto [whole, rows] = scan(first + second + std::string(4096, '\0'));
    EXPECT_EQ(rows, (std::vector<uint64_t>{1, 6}));
    EXPECT_EQ(whole.last_row, 10u);
    EXPECT_EQ(whole.bytes_valid, first.size() + second.size());
    EXPECT_EQ(whole.bytes_damaged, 0u);
    for (size_t cut = 0; cut + 8 < second.size(); cut += 7) {
        auto [torn, kept] = scan(first + second.substr(0, cut));
        EXPECT_EQ(kept, (std::vector<uint64_t>{1}));
        EXPECT_EQ(torn.bytes_valid, first.size());
        EXPECT_EQ(torn.bytes_damaged, 0u);
    }
}

TEST(LogScan, SkipsDamageThatIsFollowedByMore) {
    std::string first = record_of(1, 5);
    std::string second = record_of(6, 5);
    std::string third = record_of(11, 5);
    second[second.size() / 2] ^= 1;
    auto [found, rows] = scan(first + second + third);
    EXPECT_EQ(rows, (std::vector<uint64_t>{1, 11}));
    EXPECT_EQ(found.bytes_damaged, second.size());
    // The length itself may be what is damaged.
    second = record_of(6, 5);
    second[6] = '\x7f';
    EXPECT_EQ(scan(first + second + third).second, (std::vector<uint64_t>{1, 11}));
}

TEST(Fingerprints, AreReadBackAndCheckedForDamage) {
    testing::Folder folder;
    std::filesystem::path log = folder.path() / log_file_name(7);
    ASSERT_TRUE(write_fingerprints(log, {1, 2, 3}, kNowUs));
    std::filesystem::path ids = log;
    ids.replace_extension(".ids");
    Result<Fingerprints> read = read_fingerprints(ids);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->ids, (std::vector<uint64_t>{1, 2, 3}));
    EXPECT_EQ(read_ids_arrival(ids).value_or(0), kNowUs);
    std::string bytes = *read_file(ids);
    bytes[30] ^= 1;
    ASSERT_TRUE(write_file_atomically(ids, bytes));
    EXPECT_FALSE(read_fingerprints(ids));
}

}  // namespace
}  // namespace nightshift::recorder
