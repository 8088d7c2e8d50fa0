#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

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
    // A sample of the metric begun last.
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    void labelled(std::string_view name, Labels labels, double value);
    void begin(std::string_view type, std::string_view name, std::string_view help);

    std::string take() { return std::move(text_); }

private:
    void add(std::string_view type, std::string_view name, std::string_view help, double value);
    std::string text_;
};

}  // namespace nightshift::api
