#include "base/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/text.h"

namespace nightshift::log {
namespace {

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarn:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

// The message arrives as ready JSON members, so the pattern only frames it.
constexpr const char* kPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

std::shared_ptr<spdlog::logger> make_logger(const Options& options) {
    spdlog::sink_ptr sink;
    if (options.path.empty()) {
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
        sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.path, options.file_bytes_max,
                                                                      options.files_max);
    }
    auto logger = std::make_shared<spdlog::logger>("nightshift", std::move(sink));
    logger->set_pattern(kPattern, spdlog::pattern_time_type::utc);
    logger->set_level(spdlog_level(options.level));
    logger->flush_on(spdlog::level::info);
    return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
    static std::shared_ptr<spdlog::logger> instance = make_logger(Options{});
    return instance;
}

}  // namespace

void configure(const Options& options) {
    logger() = make_logger(options);
}

void write(Level level, std::string_view room, std::string_view message) {
    auto& out = *logger();
    if (!out.should_log(spdlog_level(level))) return;
    std::string members = R"("room":)";
    append_json_string(members, room);
    members += R"(,"message":)";
    append_json_string(members, message);
    out.log(spdlog_level(level), "{}", members);
}

}  // namespace nightshift::log
