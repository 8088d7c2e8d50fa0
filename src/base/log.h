#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

// The operator's log: one JSON object a line on stderr, or in a file that rotates.
namespace nightshift::log {

enum class Level { kDebug, kInfo, kWarn, kError };

struct Options {
    Level level = Level::kInfo;
    std::string path;                   // empty: stderr
    size_t file_bytes_max = 50u << 20;  // rotated at this size
    size_t files_max = 5;
};

// Call once, before threads start. Without it, messages from kInfo up go to stderr.
void configure(const Options& options);

// Writes one line; `room` says which part of the program speaks. Any thread.
void write(Level level, std::string_view room, std::string_view message);

template <class... Args>
void debug(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::kDebug, room, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::kInfo, room, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::kWarn, room, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::kError, room, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace nightshift::log
