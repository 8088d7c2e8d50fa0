#include "live/command.h"

#include "base/text.h"
#include "live/types.h"

namespace nightshift::live {
namespace {

void append_utf8(std::string& out, uint32_t code_point) {
    auto tail = [&](uint32_t bits) { out += static_cast<char>(0x80 | (bits & 0x3F)); };
    if (code_point < 0x80) {
        out += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        out += static_cast<char>(0xC0 | code_point >> 6);
        tail(code_point);
    } else if (code_point < 0x10000) {
        out += static_cast<char>(0xE0 | code_point >> 12);
        tail(code_point >> 6);
        tail(code_point);
    } else {
        out += static_cast<char>(0xF0 | code_point >> 18);
        tail(code_point >> 12);
        tail(code_point >> 6);
        tail(code_point);
    }
}

// Reads exactly the shape above: one object whose members are arrays of strings. Strict JSON otherwise.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<Command> read() {
        Command command;
        if (auto begun = expect('{'); !begun) return Failure(begun.error());
        if (!take('}')) {
            do {
                if (auto member = read_member(command); !member) return Failure(member.error());
            } while (take(','));
            if (auto ended = expect('}'); !ended) return Failure(ended.error());
        }
        skip_space();
        if (at_ != text_.size()) return unexpected("the end");
        return command;
    }

private:
    Result<void> read_member(Command& command) {
        NS_TRY(std::string name, read_string());
        if (name != "subscribe" && name != "unsubscribe") {
            return fail(Code::kInvalid, "member '{}' is unknown; use subscribe and unsubscribe",
                        truncate_utf8(name, 100));
        }
        if (auto colon = expect(':'); !colon) return colon;
        if (auto begun = expect('['); !begun) return begun;
        if (take(']')) return {};
        std::vector<std::string>& names = name == "subscribe" ? command.subscribe : command.unsubscribe;
        do {
            NS_TRY(std::string topic, read_string());
            if (names.size() == kSubscriptionsMax)
                return fail(Code::kLimit, "more than {} topics", kSubscriptionsMax);
            names.push_back(std::move(topic));
        } while (take(','));
        return expect(']');
    }

    Result<std::string> read_string() {
        if (auto begun = expect('"'); !begun) return Failure(begun.error());
        std::string out;
        while (at_ < text_.size() && text_[at_] != '"') {
            char c = text_[at_++];
            if (static_cast<uint8_t>(c) < 0x20) return unexpected("a string without control characters");
            if (c != '\\') {
                out += c;
            } else if (!read_escape(out)) {
                return unexpected("a valid escape");
            }
        }
        if (at_ == text_.size()) return unexpected("the end of a string");
        ++at_;
        if (!is_valid_utf8(out)) return fail(Code::kInvalid, "a string is not valid UTF-8");
        return out;
    }

    bool read_escape(std::string& out) {
        if (at_ == text_.size()) return false;
        char c = text_[at_++];
        constexpr std::string_view kNames = "\"\\/bfnrt";
        constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
        if (size_t known = kNames.find(c); known != std::string_view::npos) {
            out += kValues[known];
            return true;
        }
        uint32_t unit = 0;
        if (c != 'u' || !read_hex(unit)) return false;
        if (unit >= 0xDC00 && unit < 0xE000) return false;
        if (unit >= 0xD800 && unit < 0xDC00) {
            uint32_t low = 0;
            if (!text_.substr(at_).starts_with("\\u")) return false;
            at_ += 2;
            if (!read_hex(low) || low < 0xDC00 || low >= 0xE000) return false;
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        append_utf8(out, unit);
        return true;
    }

    bool read_hex(uint32_t& unit) {
        if (text_.size() - at_ < 4) return false;
        std::optional<std::string> bytes = from_hex(text_.substr(at_, 4));
        if (!bytes) return false;
        at_ += 4;
        unit =
            static_cast<uint32_t>(static_cast<uint8_t>((*bytes)[0])) << 8 | static_cast<uint8_t>((*bytes)[1]);
        return true;
    }

    void skip_space() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
    }

    bool take(char c) {
        skip_space();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    Result<void> expect(char c) {
        if (take(c)) return {};
        return unexpected(std::string_view(&c, 1));
    }

    Failure unexpected(std::string_view wanted) const {
        return fail(Code::kInvalid, "expected {} at byte {} of the message", wanted, at_);
    }

    std::string_view text_;
    size_t at_ = 0;
};

}  // namespace

Result<Command> parse_command(std::string_view json) {
    if (json.size() > kCommandBytesMax)
        return fail(Code::kLimit, "the message is larger than {} bytes", kCommandBytesMax);
    return Reader(json).read();
}

}  // namespace nightshift::live
