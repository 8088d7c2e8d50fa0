#include "auth/authenticator.h"

#include <gtest/gtest.h>

namespace nightshift::auth {
namespace {

class AuthenticatorTest : public testing::Test {
protected:
    AuthenticatorTest() : db_(store::Database::open(":memory:").value()) {}

    std::unique_ptr<Authenticator> open() { return Authenticator::open(db_, clock_).value(); }

    ManualClock clock_{from_unix_ms(1'795'000'000'000)};
    store::Database db_;
};

TEST_F(AuthenticatorTest, KnowsTokenItCreatedAlsoAfterRestart) {
    auto first = open();
    auto created = first->create({.name = "laptop", .tenant = "acme", .scopes = Scopes({Scope::kRead})});
    ASSERT_TRUE(created);
    auto restarted = open();
    for (Authenticator* each : {first.get(), restarted.get()}) {
        auto principal = each->authenticate(created->secret.reveal());
        ASSERT_TRUE(principal);
        EXPECT_EQ(principal->tenant, "acme");
        EXPECT_TRUE(principal->scopes.allows(Scope::kRead));
        EXPECT_FALSE(principal->scopes.allows(Scope::kWrite));
    }
}

TEST_F(AuthenticatorTest, RefusesUnknownAndRevokedTokens) {
    auto auth = open();
    EXPECT_EQ(auth->authenticate("ns_guess").error().code, Code::kUnauthorized);
    auto created = auth->create({.name = "a", .scopes = Scopes({Scope::kAdmin})});
    ASSERT_TRUE(created);
    ASSERT_TRUE(auth->revoke(created->token.id));
    EXPECT_EQ(auth->authenticate(created->secret.reveal()).error().code, Code::kUnauthorized);
    EXPECT_EQ(auth->revoke(created->token.id).error().code, Code::kNotFound);
    EXPECT_TRUE(open()->list().empty());
}

TEST_F(AuthenticatorTest, AdminIncludesEveryScope) {
    Scopes admin({Scope::kAdmin});
    for (Scope scope : {Scope::kRead, Scope::kWrite, Scope::kIngest, Scope::kGateway}) {
        EXPECT_TRUE(admin.allows(scope)) << to_string(scope);
        EXPECT_FALSE(Scopes().allows(scope));
    }
}

TEST_F(AuthenticatorTest, ListsTokensWithTheirLastUseAndWithoutSecrets) {
    auto auth = open();
    auto created = auth->create({.name = "a", .scopes = Scopes({Scope::kIngest})});
    ASSERT_TRUE(created);
    EXPECT_EQ(auth->list().at(0).last_used_ms, 0);
    clock_.advance(seconds(5));
    ASSERT_TRUE(auth->authenticate(created->secret.reveal()));
    EXPECT_EQ(auth->list().at(0).last_used_ms, unix_ms(clock_.now()));
}

TEST_F(AuthenticatorTest, RefusesTokensWithoutNameOrScope) {
    auto auth = open();
    EXPECT_EQ(auth->create({.name = "", .scopes = Scopes({Scope::kRead})}).error().code, Code::kInvalid);
    EXPECT_EQ(auth->create({.name = "a"}).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace nightshift::auth
