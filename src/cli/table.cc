#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace nightshift::cli {
namespace {

size_t width(const std::string& text) {
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

Table::Table(std::vector<std::string> header) {
    rows_.push_back(std::move(header));
}

void Table::add(std::vector<std::string> row) {
    rows_.push_back(std::move(row));
}

std::string Table::text() const {
    std::vector<size_t> widths(rows_[0].size(), 0);
    for (const auto& row : rows_) {
        for (size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
        }
        out += line + "\n";
    }
    return out;
}

std::string age(int64_t then_ms, int64_t now_ms) {
    if (then_ms <= 0) return "-";
    int64_t s = std::max<int64_t>(0, now_ms - then_ms) / 1000;
    if (s < 60) return fmt::format("{} s", s);
    if (s < 3600) return fmt::format("{} min", s / 60);
    if (s < 86400 * 2) return fmt::format("{} h", s / 3600);
    return fmt::format("{} d", s / 86400);
}

std::string short_count(double value) {
    if (value < 1000) return fmt::format("{:.0f}", value);
    if (value < 1e6) return fmt::format("{:.1f}k", value / 1e3);
    if (value < 1e9) return fmt::format("{:.1f}M", value / 1e6);
    return fmt::format("{:.1f}G", value / 1e9);
}

std::string dollars(double usd) {
    return usd != 0 && usd < 0.01 ? fmt::format("${:.4f}", usd) : fmt::format("${:.2f}", usd);
}

}  // namespace nightshift::cli
