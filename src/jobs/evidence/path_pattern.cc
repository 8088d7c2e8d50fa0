#include "jobs/evidence/path_pattern.h"

#include <date/tz.h>

#include <ctime>
#include <functional>

namespace nightshift::jobs::evidence {
namespace {

struct Field {
    char letter;
    int digits;
    int (*of)(const std::tm&);
};

constexpr Field kFields[] = {
    {'Y', 4, [](const std::tm& tm) { return tm.tm_year + 1900; }},
    {'m', 2, [](const std::tm& tm) { return tm.tm_mon + 1; }},
    {'d', 2, [](const std::tm& tm) { return tm.tm_mday; }},
    {'H', 2, [](const std::tm& tm) { return tm.tm_hour; }},
    {'M', 2, [](const std::tm& tm) { return tm.tm_min; }},
    {'S', 2, [](const std::tm& tm) { return tm.tm_sec; }},
    {'j', 3, [](const std::tm& tm) { return tm.tm_yday + 1; }},
};

const Field* find_field(char letter) {
    for (const Field& field : kFields) {
        if (field.letter == letter) return &field;
    }
    return nullptr;
}

// `render` says what stands for a field. The text was checked by parse().
std::string replace_fields(std::string_view text, const std::function<std::string(const Field&)>& render) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const Field* field = find_field(text[++i]);
        out += field ? render(*field) : "%";
    }
    return out;
}

}  // namespace

Result<PathPattern> PathPattern::parse(std::string text, std::string zone) {
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') continue;
        char letter = ++i < text.size() ? text[i] : '\0';
        if (letter == '%' || (letter != '\0' && find_field(letter))) continue;
        return fail(Code::kInvalid, "the path '{}' has a % that is none of %Y %m %d %H %M %S %j %%", text);
    }
    if (!zone.empty()) {
        try {
            date::locate_zone(zone);
        } catch (const std::exception&) {
            return fail(Code::kInvalid, "there is no time zone '{}'; write one like \"Europe/Berlin\"", zone);
        }
    }
    PathPattern pattern;
    pattern.text_ = std::move(text);
    pattern.zone_ = std::move(zone);
    return pattern;
}

std::string PathPattern::at(Time nominal) const {
    std::chrono::seconds offset{0};
    if (!zone_.empty()) {
        auto at = std::chrono::floor<std::chrono::seconds>(nominal);
        offset = date::locate_zone(zone_)->get_info(at).offset;
    }
    std::time_t local =
        (std::chrono::floor<std::chrono::seconds>(nominal.time_since_epoch()) + offset).count();
    std::tm fields{};
    ::gmtime_r(&local, &fields);
    return replace_fields(text_, [&fields](const Field& field) {
        return fmt::format("{:0{}}", field.of(fields), field.digits);
    });
}

std::string PathPattern::at_any_time() const {
    return replace_fields(text_, [](const Field& field) {
        std::string digits;
        for (int i = 0; i < field.digits; ++i) digits += "[0-9]";
        return digits;
    });
}

}  // namespace nightshift::jobs::evidence
