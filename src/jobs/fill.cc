#include "jobs/fill.h"

#include "jobs/words.h"

namespace nightshift::jobs {

std::string fill(std::string_view text, const Occurrence& occurrence, const Execution& execution) {
    auto value_of = [&](std::string_view name) -> std::optional<std::string> {
        if (name == "job") return occurrence.key.job;
        if (name == "occurrence") return occurrence_id(occurrence.key);
        if (name == "nominal") return words(occurrence.key.nominal);
        if (name == "attempt") return std::to_string(occurrence.attempt);
        if (name == "summary") return execution.summary;
        return std::nullopt;
    };
    std::string out;
    for (;;) {
        size_t start = text.find("{{");
        size_t end = text.find("}}", start == std::string_view::npos ? start : start + 2);
        if (end == std::string_view::npos) return out.append(text);
        out += text.substr(0, start);
        auto value = value_of(text.substr(start + 2, end - start - 2));
        out += value ? *value : std::string(text.substr(start, end + 2 - start));
        text.remove_prefix(end + 2);
    }
}

}  // namespace nightshift::jobs
