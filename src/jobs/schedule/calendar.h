#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace nightshift::jobs {

// Days on which nothing is planned or, with `only`, the only days on which anything is. Several `only` rules
// add up; an exception wins over them.
struct CalendarRule {
    // 2026-12-25 · 2026-12-24..2027-01-02 · --12-25 (each year) · --12-24..--01-02 · sat,sun · mon-fri
    std::string days;
    bool only = false;
};

// Rules, read. Days are those of the schedule's zone.
class Calendar {
public:
    // kInvalid names the rule and what is allowed; kLimit: more than kRulesMax.
    static Result<Calendar> parse(const std::vector<CalendarRule>& rules);
    static constexpr size_t kRulesMax = 1000;

    bool is_empty() const { return !has_except_ && !has_only_; }
    bool allows(std::chrono::sys_days day) const;
    // False: the rules that hold each year forbid such a day for ever.
    bool can_allow(std::chrono::sys_days day) const;

private:
    struct Range {
        std::chrono::sys_days first;
        std::chrono::sys_days last;
    };
    // One side: the exceptions, or the only days.
    struct Days {
        uint8_t weekdays = 0;               // bit 0 is Sunday
        std::array<uint32_t, 13> yearly{};  // [month], bit n is date n
        std::vector<Range> ranges;          // in order, apart

        Result<void> add(const std::string& rule);
        void merge_ranges();
        bool contain(std::chrono::sys_days day) const;
        bool contain_each_year(std::chrono::sys_days day) const;
    };

    Days except_;
    Days only_;
    bool has_except_ = false;
    bool has_only_ = false;
};

}  // namespace nightshift::jobs
