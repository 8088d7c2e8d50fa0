#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/result.h"

namespace nightshift::gateway::translate {

// The first thing that cannot be translated, for the client: "messages[2].name cannot be sent to an Anthropic
// model".
class Problem {
public:
    void add(std::string_view path, std::string_view what);
    bool any() const { return !text_.empty(); }
    Failure failure() const { return Failure(Error{Code::kInvalid, text_}); }

private:
    std::string text_;
};

// One object of a request, of which every member must be understood: what nobody took or called a hint is a
// problem. A null is the same as an absent member.
class Fields {
public:
    // `object` and `problem` outlive this. `path` is "" for the body itself.
    Fields(const boost::json::object& object, std::string path, Problem& problem);

    const boost::json::value* take(std::string_view key);  // null when absent
    // A member of another type is a problem, and reads as absent.
    std::string text(std::string_view key);
    std::optional<int64_t> integer(std::string_view key);
    std::optional<double> number(std::string_view key);
    std::optional<bool> flag(std::string_view key);
    const boost::json::array* array(std::string_view key);
    const boost::json::object* object(std::string_view key);

    // Members that change no answer: they may be lost.
    void hints(std::initializer_list<std::string_view> keys);
    // Members that may be lost as long as they say what is so anyway.
    void ignore_if_default(std::string_view key, double value);
    void ignore_if_default(std::string_view key, bool value);
    // After the last read: complains of what is left.
    void close();

    std::string path_of(std::string_view key) const;
    std::string path_of(std::string_view key, size_t index) const;
    const std::string& path() const { return path_; }
    Problem& problem() { return problem_; }

private:
    void wrong_type(std::string_view key, std::string_view wanted);

    const boost::json::object& object_;
    std::string path_;
    Problem& problem_;
    std::vector<bool> is_taken_;
};

// False when `text` is no JSON, or nested deeper than JsonCursor reads. `out` keeps its memory resource.
bool parse_json(std::string_view text, boost::json::value& out);

// A member of `value` as compact JSON.
std::string to_json(const boost::json::value& value);
// `text` as a compact JSON object; "{}" for blank text; nothing when it is none.
std::optional<std::string> json_object_text(std::string_view text);

}  // namespace nightshift::gateway::translate
