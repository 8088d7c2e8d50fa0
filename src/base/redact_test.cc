#include "base/redact.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/redact_rules.h"
#include "base/text.h"

namespace nightshift {
namespace {

struct Case {
    std::string text;
    std::string expected;
};

std::string repeat(std::string_view text, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += text;
    return out;
}

// Key-like text is assembled here, so that scanners of repositories have nothing to report.
const std::string kBody40 = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7jKl0n";

TEST(Redact, TakesOutKeysOfKnownProviders) {
    const std::vector<Case> cases = {
        {"key sk-" + kBody40 + " end", "key [redacted:key] end"},
        {"sk-"
         "ant-api03-" +
             kBody40 + "-_AA",
         "[redacted:key]"},
        {"sk-"
         "proj-" +
             kBody40,
         "[redacted:key]"},
        {"x=ghp_" + kBody40 + ";", "x=[redacted:github-token];"},
        {"github_pat_" + kBody40, "[redacted:github-token]"},
        {"xoxb-"
         "123456789012-" +
             kBody40,
         "[redacted:slack-token]"},
        {"AKIA"
         "IOSFODNN7EXAMPLE!",
         "[redacted:aws-key]!"},
        {"AIza" + kBody40.substr(0, 35), "[redacted:google-key]"},
        {"glpat-" + kBody40.substr(0, 20), "[redacted:gitlab-token]"},
        {"hf_" + kBody40, "[redacted:key]"},
        {"npm_" + kBody40, "[redacted:npm-token]"},
        {"gsk_" + kBody40 + "\nnext", "[redacted:key]\nnext"},
        {"sk_live_" + kBody40, "[redacted:key]"},
        {"bot123456789:AA" + kBody40.substr(0, 33), "bot[redacted:telegram-token]"},
    };
    Redactor redactor;
    for (const Case& c : cases) EXPECT_EQ(redactor.redact(c.text), c.expected);
}

TEST(Redact, TakesOutTokensHeadersAndPasswords) {
    const std::string jwt =
        "eyJ"
        "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    const std::vector<Case> cases = {
        {"curl -H 'Authorization: Bearer abc123def456'",
         "curl -H 'Authorization: Bearer [redacted:authorization]'"},
        {"Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted:authorization]"},
        {R"({"authorization":"s3cr3tvalue"})", R"({"authorization":"[redacted:authorization]"})"},
        {"send Bearer abcdefgh12345678 now", "send Bearer [redacted:bearer] now"},
        {"cookie=" + jwt + " ok", "cookie=[redacted:jwt] ok"},
        {"postgres://app:hunter2@db:5432/x", "postgres://app:[redacted:url-password]@db:5432/x"},
        {"export OPENAI_API_KEY=qwertyuiop", "export OPENAI_API_KEY=[redacted:secret]"},
        {"AWS_SECRET_ACCESS_KEY: 'abcd/efgh'", "AWS_SECRET_ACCESS_KEY: '[redacted:secret]'"},
        {R"({"password": "hunter2", "user":"bob"})", R"({"password": "[redacted:secret]", "user":"bob"})"},
        {R"("{\"db_password\":\"hunter2\"}")", R"("{\"db_password\":\"[redacted:secret]\"}")"},
        {"refresh_token=1a2b3c4d5e6f7a8b9c", "refresh_token=[redacted:token]"},
        {"a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b",
         "a [redacted:private-key] b"},
        {"-----BEGIN PRIVATE KEY-----\nMIIE cut off", "[redacted:private-key]"},
    };
    Redactor redactor;
    for (const Case& c : cases) EXPECT_EQ(redactor.redact(c.text), c.expected);
}

TEST(Redact, LeavesOrdinaryTextAlone) {
    const std::vector<std::string> texts = {
        "",
        "ls -la /var/lib/disk-usage",
        "task-1234567890abcdef12345678 is done",
        "sk-learn-tutorial-pipeline-guide",
        "max_tokens: 4096, tokens=1200000000000000000",
        "token_type: input",
        "Bearer authentication is used here",
        "the password is in the vault, ask the secretary",
        "password = $DB_PASSWORD",
        "api_key: ${OPENAI_API_KEY}",
        R"({"authorization":"[redacted:authorization]"})",
        "https://example.com:8080/a@b?x=1",
        "git@github.com:org/repo.git",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "5eb63bbbe01eeed093cb22bb8f5acdc3",
        "f79dbcd7-7525-4485-b9ca-741a608cc092",
        "eyJust a word",
        "me@example.com",
        "2026-11-22T02:31:09.397Z",
        "session:agent:main:cron:59a5d319-0389-4811-ad7e-b1aadaf4f3e6:run:aaa802ed-750b-41b6-a89b-"
        "2b7725f7a9ad",
        "toolu_9df9cb879bef5567ed",
    };
    Redactor redactor;
    for (const std::string& text : texts) EXPECT_EQ(redactor.redact(text), text);
}

TEST(Redact, TakesOutEmailsOnlyWhenAsked) {
    const std::string text = "from a.b+c@mail.example.com. to @here and x@y";
    EXPECT_EQ(Redactor().redact(text), text);
    EXPECT_EQ(Redactor(Redactor::Emails::kRedact).redact(text), "from [redacted:email]. to @here and x@y");
}

TEST(Redact, IsIdempotent) {
    Redactor redactor(Redactor::Emails::kRedact);
    const std::string once =
        redactor.redact("Authorization: Bearer abc123def456 password=hunter2 a@b.example sk-" + kBody40);
    EXPECT_EQ(redactor.redact(once), once);
}

TEST(Redact, NeverTouchesRandomIds) {
    Redactor redactor;
    Random random(7);
    for (int i = 0; i < 20'000; ++i) {
        const uint64_t words[4] = {random.next(), random.next(), random.next(), random.next()};
        const std::string hex = to_hex(words, sizeof(words));
        const std::string uuid =
            hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 12);
        for (const std::string& id :
             {hex, uuid, "/home/u/.cache/" + uuid + "/f.txt", "session:" + uuid + ":main", "call_" + hex}) {
            ASSERT_EQ(redactor.redact(id), id);
        }
    }
}

TEST(Redact, FindsASecretAtEveryOffset) {
    Redactor redactor;
    for (size_t before = 0; before < 80; ++before) {
        for (size_t after = 0; after < 70; after += 3) {
            const std::string left(before, '.');
            const std::string right(after, ' ');
            const std::string text = left + "ghp_" + kBody40 + right;
            ASSERT_TRUE(redactor.may_hold_secret(text));
            ASSERT_EQ(redactor.redact(text), left + "[redacted:github-token]" + right);
        }
    }
}

// The filter with vectors and the exact check one by one must agree on where secrets are.
TEST(Redact, AgreesWithTryingEveryPosition) {
    const std::vector<std::string> pieces = {
        "sk-",  "ghp_", "password", "=",       ": ",  "hunter2", " ",  "token",
        "eyJ",  ".",    kBody40,    "bearer ", "://", "@",       "u:", "-----BEGIN PRIVATE KEY-----",
        "AKIA", "\"",   "\\",       "x"};
    Redactor redactor;
    Random random(11);
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (uint64_t i = random.below(14); i > 0; --i) text += pieces[random.below(pieces.size())];
        std::string expected;
        size_t kept = 0;
        for (size_t at = 0; text.size() >= 8 && at + 3 <= text.size();) {
            SecretMatch match = match_secret(text, at);
            if (!match.is_found() || match.begin < kept) {
                ++at;
                continue;
            }
            expected += text.substr(kept, match.begin - kept) + "[redacted:" + std::string(match.kind) + "]";
            kept = at = std::max(match.end, at + 1);
        }
        expected += text.substr(kept);
        ASSERT_EQ(redactor.redact(text), expected) << text;
    }
}

TEST(Redact, SurvivesHostileRepetition) {
    Redactor redactor(Redactor::Emails::kRedact);
    for (const char* piece : {"sk-", "eyJ", "://", "://a:", "-----BEGIN ", "password=", "token=", "bearer ",
                              "@", "authorization:", ":AA", "a@b."}) {
        const std::string text = repeat(piece, 20'000);
        EXPECT_LE(redactor.redact(text).size(), text.size() * 20);
    }
}

TEST(SecretMember, KnowsNamesOfSecrets) {
    EXPECT_TRUE(is_secret_member("db.password", "x"));
    EXPECT_TRUE(is_secret_member("API_KEY", "x"));
    EXPECT_TRUE(is_secret_member("http.request.header.authorization", "x"));
    EXPECT_TRUE(is_secret_member("bot_token", "0123456789abcdef"));
    for (const char* name :
         {"passwd", "passphrase", "PWD", "client_secret", "set-cookie", "aws.credentials", "x-credential"}) {
        EXPECT_TRUE(is_secret_member(name, "x")) << name;
    }
    EXPECT_FALSE(is_secret_member("openclaw.token", "input"));
    EXPECT_FALSE(is_secret_member("gen_ai.token.type", "output_reasoning_long"));
    EXPECT_FALSE(is_secret_member("auth.env_openai_api_key_present", "false"));
    EXPECT_FALSE(is_secret_member("max_tokens", "4096"));
    EXPECT_FALSE(is_secret_member("", "x"));
}

}  // namespace
}  // namespace nightshift
