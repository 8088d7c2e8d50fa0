#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::auth {

enum class Scope : uint8_t { kRead = 1, kWrite = 2, kIngest = 4, kGateway = 8, kAdmin = 16 };

std::string_view to_string(Scope scope);
std::optional<Scope> parse_scope(std::string_view text);

// A set of scopes; admin includes all.
class Scopes {
public:
    Scopes() = default;
    explicit Scopes(std::vector<Scope> scopes);
    static Scopes from_bits(uint8_t bits);

    bool allows(Scope scope) const;
    std::vector<Scope> list() const;
    uint8_t bits() const { return bits_; }
    bool is_empty() const { return bits_ == 0; }

private:
    uint8_t bits_ = 0;
};

// Who a request acts as.
struct Principal {
    std::string tenant;
    std::string name;
    std::string token_id;  // empty for telemetry accepted without a token
    Scopes scopes;
};

// A token as an administrator sees it: never the secret.
struct Token {
    std::string id;
    std::string name;
    std::string tenant;
    Scopes scopes;
    int64_t created_ms = 0;
    int64_t last_used_ms = 0;  // 0: not since the program started
};

}  // namespace nightshift::auth
