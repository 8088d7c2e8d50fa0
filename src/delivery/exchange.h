#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "delivery/outcome.h"
#include "io/task.h"
#include "net/client.h"

namespace nightshift::delivery {

// What must not be seen in an error or a receipt: taken out of every text that comes from outside.
class Concealer {
public:
    // A value shorter than six characters is no secret worth the name, and is ignored.
    void add(const Secret& secret);
    // The path and query of a URL that is itself the credential.
    void add_target(const Secret& url);
    // One line, without the secrets, at most kErrorBytesMax.
    std::string conceal(std::string_view text) const;

private:
    std::vector<Secret> secrets_;
};

// Turns an answer, whatever its status, into what it means.
using Judge = std::function<Outcome(const net::ClientResponse&)>;

// One request and what became of it. A failure before the connection stood is transient; one after it is
// `after_sending`, because nobody knows what the server did. Errors name the host, never the URL.
Task<Outcome> exchange(net::ClientRequest request, Judge judge, const Concealer& concealer,
                       Outcome::Kind after_sending);

// The meaning of a status that is not 2xx, by RFC 9110 and what gateways do; nothing for 2xx. `Retry-After`
// is honoured.
std::optional<Outcome> judge_status(const net::ClientResponse& answer, Time now);

// Seconds (also with a fraction) or an HTTP date (RFC 9110 §10.2.3), at most kRetryAfterMax; nothing when it
// is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, Time now);

}  // namespace nightshift::delivery
