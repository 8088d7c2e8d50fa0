#pragma once

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "net/client.h"

namespace nightshift::cli {

enum ExitCode : int { kOk = 0, kBad = 1, kUsage = 2, kAuth = 3, kUnreachable = 5 };

// Where the server is and who we are, from NIGHTSHIFT_URL and NIGHTSHIFT_TOKEN, or options.
struct Connection {
    std::string url = "http://127.0.0.1:8700";
    Secret token;

    static Connection from_environment();
};

// One blocking call of the API. Answers with a status of 400 and above become errors with the server's own
// detail.
Result<net::ClientResponse> call(const Connection& connection, net::Method method, std::string_view path,
                                 std::string body = "");
// The same, parsed.
Result<boost::json::value> get_json(const Connection& connection, std::string_view path);
Result<boost::json::value> post_json(const Connection& connection, std::string_view path,
                                     const boost::json::value& body);

// Prints the error to stderr and gives the exit code that says which kind it is.
int report(const Error& error);

// Unix milliseconds of this machine.
int64_t now_ms();

}  // namespace nightshift::cli
