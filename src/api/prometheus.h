#pragma once

#include <string>
#include <string_view>

namespace nightshift::api {

// Writes the Prometheus text format, version 0.0.4. Names get the prefix nightshift_.
class PrometheusText {
public:
    void counter(std::string_view name, std::string_view help, double value) {
        add("counter", name, help, value);
    }
    void gauge(std::string_view name, std::string_view help, double value) {
        add("gauge", name, help, value);
    }
    // A further sample of the metric begun last, with one label.
    void labelled(std::string_view name, std::string_view label, std::string_view label_value, double value);
    void begin(std::string_view type, std::string_view name, std::string_view help);

    std::string take() { return std::move(text_); }

private:
    void add(std::string_view type, std::string_view name, std::string_view help, double value);
    std::string text_;
};

}  // namespace nightshift::api
