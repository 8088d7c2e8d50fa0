#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::jobs {

// One thing wrong with a definition; `path` leads to it: "expect[0].file.min_bytes".
struct JobProblem {
    std::string path;
    std::string message;
};

constexpr size_t kNameBytesMax = 100;
// Whether `text` may name a job or an agent: 1 to kNameBytesMax letters, digits, '-', '_' or '.'.
bool is_name(std::string_view text);

// One object of a job's definition. Each call names a key, checks its type and stores the value; a missing
// key leaves the default. done() complains of keys nobody asked for, with the nearest known one.
class JsonReader {
public:
    JsonReader(const boost::json::object& object, std::string path, std::vector<JobProblem>& problems)
        : object_(object), path_(std::move(path)), problems_(problems) {}

    bool has(std::string_view key) const;
    void text(std::string_view key, std::string& value);
    void texts(std::string_view key, std::vector<std::string>& values);
    void texts_by_name(std::string_view key, std::map<std::string, std::string>& values);
    void boolean(std::string_view key, bool& value);
    void integer(std::string_view key, uint64_t& value, uint64_t min, uint64_t max);
    void duration(std::string_view key, std::chrono::seconds& value);
    void bytes(std::string_view key, uint64_t& value);  // 512MB, 2GB, or a plain number of bytes
    // The position of the value in `allowed`.
    void choice(std::string_view key, size_t& value, const std::vector<std::string_view>& allowed);
    void object(std::string_view key, const std::function<void(JsonReader&)>& read);
    // Each entry of a list; entries that are no objects are complained of unless `read_value` takes them.
    void list(std::string_view key,
              const std::function<void(const boost::json::value&, std::string path)>& read);
    // A value this reader does not look into.
    const boost::json::value* raw(std::string_view key);

    void complain(std::string_view key, std::string message);
    void done();
    const std::string& path() const { return path_; }
    const boost::json::object& source() const { return object_; }

private:
    const boost::json::value* at(std::string_view key);
    std::string path_to(std::string_view key) const;

    const boost::json::object& object_;
    std::string path_;
    std::vector<JobProblem>& problems_;
    std::vector<std::string> known_;
};

}  // namespace nightshift::jobs
