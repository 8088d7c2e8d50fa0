#include "auth/types.h"

#include <array>

namespace nightshift::auth {
namespace {

constexpr std::array kScopes{Scope::kRead, Scope::kWrite, Scope::kIngest, Scope::kGateway, Scope::kAdmin};

}  // namespace

std::string_view to_string(Scope scope) {
    switch (scope) {
        case Scope::kRead:
            return "read";
        case Scope::kWrite:
            return "write";
        case Scope::kIngest:
            return "ingest";
        case Scope::kGateway:
            return "gateway";
        case Scope::kAdmin:
            return "admin";
    }
    return "read";
}

std::optional<Scope> parse_scope(std::string_view text) {
    for (Scope scope : kScopes) {
        if (to_string(scope) == text) return scope;
    }
    return std::nullopt;
}

Scopes::Scopes(std::vector<Scope> scopes) {
    for (Scope scope : scopes) bits_ |= static_cast<uint8_t>(scope);
}

Scopes Scopes::from_bits(uint8_t bits) {
    Scopes scopes;
    scopes.bits_ = bits & 31;
    return scopes;
}

bool Scopes::allows(Scope scope) const {
    return (bits_ & (static_cast<uint8_t>(scope) | static_cast<uint8_t>(Scope::kAdmin))) != 0;
}

std::vector<Scope> Scopes::list() const {
    std::vector<Scope> scopes;
    for (Scope scope : kScopes) {
        if (bits_ & static_cast<uint8_t>(scope)) scopes.push_back(scope);
    }
    return scopes;
}

}  // namespace nightshift::auth
