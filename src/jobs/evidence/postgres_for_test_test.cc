#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/assert.h"
#include "jobs/evidence/find_files.h"
#include "jobs/evidence/postgres_for_test.h"
#include "jobs/evidence/probe_process.h"

namespace nightshift::jobs::evidence::testing {
namespace {

Until in(seconds patience) {
    return std::chrono::steady_clock::now() + patience;
}

// PostgreSQL refuses to run as root.
std::vector<std::string> as_its_user(std::vector<std::string> argv) {
    if (::geteuid() != 0) return argv;
    std::vector<std::string> wrapped{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
    wrapped.insert(wrapped.end(), argv.begin(), argv.end());
    return wrapped;
}

bool run(const std::vector<std::string>& argv, const std::string& folder) {
    ProbeCommand command;
    command.argv = as_its_user(argv);
    command.folder = folder;
    command.environment = {{"LC_ALL", "C"}};
    auto end = run_probe(command, in(seconds(60)));
    return end && end->exit_code == 0;
}

}  // namespace

std::unique_ptr<PostgresForTest> PostgresForTest::start() {
    auto found = find_files("/usr/lib/postgresql/*/bin/initdb", "/", in(seconds(10)));
    if (!found || found->empty()) return nullptr;
    std::unique_ptr<PostgresForTest> server(new PostgresForTest());
    server->programs_ = found->front().path.parent_path();
    std::string pattern = (std::filesystem::temp_directory_path() / "postgres-XXXXXX").native();
    NS_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    server->folder_ = pattern;
    if (::geteuid() == 0) {
        const passwd* user = ::getpwnam("postgres");
        if (!user || ::chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0) return nullptr;
    }
    bool is_made = run({(server->programs_ / "initdb").native(), "-D", "data", "-U", "postgres",
                        "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"},
                       pattern);
    // pg_ctl waits until the server answers and leaves it in the background; run() ends pg_ctl's group only.
    bool is_up =
        is_made && run({(server->programs_ / "pg_ctl").native(), "-D", "data", "-w", "-t", "50", "-l", "log",
                        "-o", "-k " + pattern + " -c listen_addresses= -c fsync=off", "start"},
                       pattern);
    if (!is_up) return nullptr;
    std::ifstream(server->folder_ / "data" / "postmaster.pid") >> server->pid_;
    return server;
}

PostgresForTest::~PostgresForTest() {
    if (pid_ > 0) {
        ::kill(pid_, SIGQUIT);  // at once: nothing here is worth keeping
        for (int i = 0; i < 1000 && ::kill(pid_, 0) == 0; ++i) std::this_thread::sleep_for(milliseconds(10));
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string PostgresForTest::connection() const {
    return "host=" + folder_.native() + " user=postgres dbname=postgres";
}

bool PostgresForTest::execute(const std::string& statements) {
    PGconn* connection = PQconnectdb(this->connection().c_str());
    PGresult* result = PQexec(connection, statements.c_str());
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    PQfinish(connection);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

}  // namespace nightshift::jobs::evidence::testing
