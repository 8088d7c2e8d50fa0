#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/labels.h"
#include "base/result.h"
#include "base/shared_text.h"

namespace nightshift::incidents {

// Reads one object of a document that this room wrote. A member that is not there, or null, leaves the
// value; one of the wrong type is remembered as the error of the whole, with its path.
class Document {
public:
    // `error` gets the first complaint; it and `object` must outlive this.
    Document(const boost::json::object& object, std::string path, std::optional<Error>& error)
        : object_(object), path_(std::move(path)), error_(error) {}

    void read(std::string_view name, std::string& value);
    void read(std::string_view name, SharedText& value);
    void read(std::string_view name, std::vector<std::string>& values);
    void read(std::string_view name, bool& value);
    void read(std::string_view name, int& value);
    void read(std::string_view name, uint32_t& value);
    void read(std::string_view name, uint64_t& value);
    void read(std::string_view name, Labels& value);
    void read(std::string_view name, microseconds& value);  // an integer
    void read(std::string_view name, Time& value);          // milliseconds
    void read(std::string_view name, std::optional<Time>& value);
    void read_usd(std::string_view name, int64_t& nano);
    void read_hex(std::string_view name, uint64_t& value);

    // `parse` makes a value of the word, or nothing.
    template <class Value, class Parse>
    void read_word(std::string_view name, Value& value, Parse parse) {
        std::string word;
        read(name, word);
        if (word.empty()) return;
        auto parsed = parse(word);
        if (!parsed) return complain(name, "is no word that is known");
        value = *parsed;
    }

    // `take` gets a Document of the inner object; not called when there is none.
    template <class Take>
    void object(std::string_view name, Take take) {
        const boost::json::object* inner = inner_of(name);
        if (inner == nullptr) return;
        Document document(*inner, path_ + std::string(name) + ".", error_);
        take(document);
    }

    // `read_one` reads a Value from the Document of each entry.
    template <class Value, class ReadOne>
    void list(std::string_view name, std::vector<Value>& values, ReadOne read_one) {
        for (const boost::json::object* each : entries_of(name)) {
            Document document(*each, path_ + std::string(name) + "[].", error_);
            read_one(document, values.emplace_back());
        }
    }

private:
    const boost::json::value* find(std::string_view name) const;
    const boost::json::object* inner_of(std::string_view name);
    std::vector<const boost::json::object*> entries_of(std::string_view name);
    std::optional<int64_t> integer(std::string_view name, int64_t min, int64_t max);
    void complain(std::string_view name, std::string_view what);

    const boost::json::object& object_;
    std::string path_;
    std::optional<Error>& error_;
};

}  // namespace nightshift::incidents
