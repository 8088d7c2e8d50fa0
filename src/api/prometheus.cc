#include "api/prometheus.h"

#include <fmt/format.h>

namespace nightshift::api {
namespace {

std::string escaped(std::string_view label_value) {
    std::string out;
    for (char c : label_value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

void PrometheusText::begin(std::string_view type, std::string_view name, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# HELP nightshift_{} {}\n# TYPE nightshift_{} {}\n", name,
                   help, name, type);
}

void PrometheusText::add(std::string_view type, std::string_view name, std::string_view help, double value) {
    begin(type, name, help);
    fmt::format_to(std::back_inserter(text_), "nightshift_{} {}\n", name, value);
}

void PrometheusText::labelled(std::string_view name, Labels labels, double value) {
    fmt::format_to(std::back_inserter(text_), "nightshift_{}", name);
    char before = '{';
    for (const auto& [label, label_value] : labels) {
        fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", before, label, escaped(label_value));
        before = ',';
    }
    fmt::format_to(std::back_inserter(text_), "}} {}\n", value);
}

}  // namespace nightshift::api
