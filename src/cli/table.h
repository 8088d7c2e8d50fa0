#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nightshift::cli {

// Columns as wide as their widest cell, counted in characters; printed to stdout.
class Table {
public:
    explicit Table(std::vector<std::string> header);
    void add(std::vector<std::string> row);
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

// "3 s", "5 min", "2 h", "4 d" since then.
std::string age(int64_t then_ms, int64_t now_ms);
// "950", "12.3k", "4.5M".
std::string short_count(double value);
std::string dollars(double usd);

}  // namespace nightshift::cli
