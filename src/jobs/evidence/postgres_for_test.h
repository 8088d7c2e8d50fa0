#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace nightshift::jobs::evidence::testing {

// A PostgreSQL server of the test's own, on a socket in a temporary folder; gone with the test.
class PostgresForTest {
public:
    // Null when the server's programs are not installed, or cannot be run by us.
    static std::unique_ptr<PostgresForTest> start();
    ~PostgresForTest();
    PostgresForTest(const PostgresForTest&) = delete;
    PostgresForTest& operator=(const PostgresForTest&) = delete;

    // What libpq takes, as the server's superuser.
    std::string connection() const;
    // Runs statements; false when one failed.
    bool execute(const std::string& statements);

private:
    PostgresForTest() = default;

    std::filesystem::path programs_;
    std::filesystem::path folder_;
    int pid_ = 0;
};

}  // namespace nightshift::jobs::evidence::testing
