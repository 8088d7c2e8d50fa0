#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"

namespace nightshift::app {

// One mapping of the file. Each call names a key, checks its type and stores the value; done() reports the
// keys nobody asked for, with the nearest known one. A missing key leaves the default.
class ConfigReader {
public:
    struct Document;

    // The whole file; a syntax error becomes a problem.
    static std::unique_ptr<ConfigReader> parse(std::string_view yaml, const Environment& environment,
                                               std::vector<ConfigProblem>& problems);
    ~ConfigReader();

    void text(std::string_view key, std::string& value);
    void choice(std::string_view key, std::string& value, std::vector<std::string_view> allowed);
    void texts(std::string_view key, std::vector<std::string>& values);
    // A text or a list of them as written: ${NAME} stays, for those who replace it themselves.
    void literals(std::string_view key, std::vector<std::string>& values);
    void texts_by_name(std::string_view key, std::map<std::string, std::string>& values);
    bool has(std::string_view key) const;
    bool is_list(std::string_view key) const;
    void integer(std::string_view key, int64_t& value, int64_t min, int64_t max);
    void number(std::string_view key, double& value);
    void boolean(std::string_view key, bool& value);
    void duration(std::string_view key, std::chrono::seconds& value);       // 90s 15m 12h 30d
    void duration(std::string_view key, std::chrono::milliseconds& value);  // also 250ms
    void bytes(std::string_view key, uint64_t& value);                      // 512MB 20GB
    void secret(std::string_view key, Secret& value);                       // only ${NAME}
    void secrets(std::string_view key, std::vector<Secret>& values);        // a list of ${NAME}
    void section(std::string_view key, const std::function<void(ConfigReader&)>& read);
    void list(std::string_view key, const std::function<void(ConfigReader&)>& read_item);

    // The whole mapping as JSON text, for those who read it themselves; ${NAME} stays as written.
    std::string json();

    // A problem at this mapping, for rules that span keys.
    void complain(std::string message);
    // The same at a value inside it: "expect[0].file.path".
    void complain_at(std::string_view path, std::string message);
    // Words about this mapping, with their place: for who warns of what is not wrong.
    ConfigProblem remark(std::string message) const;
    void done();

private:
    struct State;
    explicit ConfigReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace nightshift::app
