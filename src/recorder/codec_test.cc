#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "recorder/bloom.h"
#include "recorder/dedupe.h"
#include "recorder/number_codec.h"
#include "recorder/text_codec.h"

namespace nightshift::recorder {
namespace {

std::vector<int64_t> through(const std::vector<int64_t>& values, bool is_running,
                             NumberMeta* meta_out = nullptr) {
    Compressor compressor;
    std::string stored;
    NumberMeta meta = encode_numbers(values.data(), values.size(), is_running, compressor, stored);
    std::string head;
    meta.encode(head);
    WireReader reader(head);
    NumberMeta read = NumberMeta::decode(reader);
    EXPECT_TRUE(reader.is_ok());
    EXPECT_EQ(read.stored, stored.size());
    CodecScratch scratch;
    std::vector<int64_t> out(values.size());
    Result<void> decoded = decode_numbers(read, stored, values.size(), scratch, out.data());
    EXPECT_TRUE(decoded);
    if (meta_out != nullptr) *meta_out = read;
    return out;
}

TEST(NumberCodec, GivesBackAnyNumbers) {
    Random random(2);
    for (int round = 0; round < 60; ++round) {
        std::vector<int64_t> values(1 + random.below(300));
        uint64_t bits = random.below(65);
        for (int64_t& value : values) {
            value = static_cast<int64_t>(bits == 64 ? random.next() : random.below(1ull << bits)) - 5;
            if (random.below(40) == 0) value = random.below(2) == 0 ? INT64_MIN : INT64_MAX;
        }
        EXPECT_EQ(through(values, false), values);
        EXPECT_EQ(through(values, true), values);
    }
}

TEST(NumberCodec, StoresNothingForAConstantAndLittleForARun) {
    NumberMeta meta;
    through(std::vector<int64_t>(1000, -7), false, &meta);
    EXPECT_EQ(meta.encoding, NumberMeta::kConstant);
    EXPECT_EQ(meta.stored, 0u);
    std::vector<int64_t> run(16000);
    for (size_t i = 0; i < run.size(); ++i) run[i] = 1'790'000'000'000'000 + static_cast<int64_t>(i) * 3;
    EXPECT_EQ(through(run, true, &meta), run);
    EXPECT_LT(meta.stored, 100u);
}

TEST(NumberCodec, NoticesDamage) {
    Compressor compressor;
    std::string stored;
    std::vector<int64_t> values(500);
    Random random(1);
    for (int64_t& value : values) value = static_cast<int64_t>(random.next());
    NumberMeta meta = encode_numbers(values.data(), values.size(), false, compressor, stored);
    stored[stored.size() / 2] ^= 1;
    CodecScratch scratch;
    Result<void> decoded = decode_numbers(meta, stored, values.size(), scratch, values.data());
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Code::kCorrupt);
}

uint8_t packing_of(const std::vector<std::string>& texts) {
    TextDictionary dictionary;
    for (const std::string& text : texts) dictionary.append(text);
    Compressor compressor;
    std::string stored;
    DictionaryMeta meta = encode_dictionary(dictionary, compressor, stored);
    CodecScratch scratch;
    TextDictionary read;
    Result<void> decoded = decode_dictionary(meta, stored, scratch, read);
    EXPECT_TRUE(decoded);
    EXPECT_EQ(read.size(), texts.size() + 1);
    for (uint32_t i = 0; i < texts.size() && i + 1 < read.size(); ++i) EXPECT_EQ(read.at(i + 1), texts[i]);
    return meta.packing & ~DictionaryMeta::kZstd;
}

TEST(TextCodec, PacksWhatIsHexOrUuidAndKeepsTheRest) {
    EXPECT_EQ(packing_of({"00ff", "12ab"}), DictionaryMeta::kHex);
    EXPECT_EQ(packing_of({"0123456789abcdef0123456789abcdef"}), DictionaryMeta::kHex);
    EXPECT_EQ(packing_of({"00ff", "12AB"}), DictionaryMeta::kTexts);
    EXPECT_EQ(packing_of({"00ff", "12a"}), DictionaryMeta::kTexts);
    EXPECT_EQ(packing_of({"01234567-89ab-cdef-0123-456789abcdef"}), DictionaryMeta::kUuids);
    EXPECT_EQ(packing_of({"01234567-89ab-cdef-0123+456789abcdef"}), DictionaryMeta::kTexts);
    EXPECT_EQ(packing_of({"a", std::string("\0\xff", 2), std::string(5000, 'x')}), DictionaryMeta::kTexts);
}

TEST(TextDictionary, NumbersTextsInTheOrderOfTheirFirstUse) {
    TextDictionary dictionary;
    for (int round = 0; round < 2; ++round) {
        for (uint32_t i = 0; i < 3000; ++i) EXPECT_EQ(dictionary.intern(fmt::format("text-{}", i)), i + 1);
    }
    EXPECT_EQ(dictionary.intern(""), 0u);
    EXPECT_EQ(dictionary.at(17), "text-16");
}

TEST(Bloom, NeverDeniesWhatIsThereAndMostlyDeniesTheRest) {
    Bloom bloom(1000);
    for (int i = 0; i < 1000; ++i) bloom.add(fmt::format("yes-{}", i));
    std::string bytes;
    bloom.encode(bytes);
    Bloom read = Bloom::decode(bytes);
    int wrong = 0;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(read.may_contain(fmt::format("yes-{}", i)));
        wrong += read.may_contain(fmt::format("no-{}", i)) ? 1 : 0;
    }
    EXPECT_LT(wrong, 50);
    EXPECT_TRUE(Bloom().may_contain("anything"));
}

TEST(Dedupe, RemembersForTheWindowAndForgetsLater) {
    Dedupe dedupe(1000, 1u << 20);
    EXPECT_TRUE(dedupe.add(5, 0));
    EXPECT_FALSE(dedupe.add(5, 900));
    EXPECT_TRUE(dedupe.add(6, 1000));
    EXPECT_FALSE(dedupe.add(6, 1990));
    EXPECT_TRUE(dedupe.add(7, 2100));
    EXPECT_TRUE(dedupe.add(8, 3300));
    EXPECT_TRUE(dedupe.add(5, 4500));
}

TEST(Dedupe, AgreesWithASetAlsoAfterRemovals) {
    Dedupe dedupe(INT64_MAX / 2, 1u << 20);
    std::vector<bool> is_in(2000);
    Random random(4);
    for (int i = 0; i < 50000; ++i) {
        uint64_t id = random.below(2000);
        if (random.below(3) == 0) {
            dedupe.remove(id * 64);
            is_in[id] = false;
        } else {
            EXPECT_EQ(dedupe.add(id * 64, 0), !is_in[id]);
            is_in[id] = true;
        }
    }
}

TEST(Dedupe, KeepsToItsNumberOfIds) {
    Dedupe dedupe(INT64_MAX / 2, 10000);
    for (uint64_t i = 1; i < 200000; ++i) dedupe.add(i * 0x9E3779B97F4A7C15ull, 0);
    EXPECT_LE(dedupe.bytes(), 4u * 16384u * 8u);
    EXPECT_FALSE(dedupe.add(199999 * 0x9E3779B97F4A7C15ull, 0));
}

}  // namespace
}  // namespace nightshift::recorder
