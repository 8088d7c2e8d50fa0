#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/loop.h"
#include "net/server.h"

namespace nightshift::cli::drills {

// A server on a loopback port of its own that plays a provider, a channel or an API, and remembers what it
// was asked. Any thread.
class Imposter {
public:
    struct Seen {
        int64_t at_ms = 0;  // Unix
        std::string method;
        std::string path;
        std::string body;
        std::string webhook_id;  // of a channel's message
    };
    // Called on the imposter's loop, one at a time.
    using Answer = std::function<net::Response(const Seen&)>;

    // `port` 0: any free one.
    static Result<std::unique_ptr<Imposter>> start(Answer answer, uint16_t port = 0);
    ~Imposter();

    uint16_t port() const { return port_; }
    std::string url(std::string_view path) const;
    std::vector<Seen> seen() const;

    // Nobody listens any more, until it is revived at the same port.
    void die();
    Result<void> revive();

private:
    class Handler;
    explicit Imposter(Answer answer);

    std::unique_ptr<Handler> handler_;
    std::unique_ptr<io::Loop> loop_;
    std::unique_ptr<net::Server> server_;
    uint16_t port_ = 0;
};

// What a channel of the kind webhook was told, parsed.
struct Message {
    int64_t at_ms = 0;
    std::string id;    // the same in every attempt
    std::string mode;  // post, edit or reply
    std::string thread;
    std::string severity;
    std::string subject;
    std::string text;
    bool is_resolution = false;
};
std::vector<Message> messages_of(const Imposter& channel);
// Of these, the messages that began a thread.
std::vector<Message> posts_of(const Imposter& channel);

// A channel that takes everything and names what it took.
Imposter::Answer accepts();
// Always this answer.
Imposter::Answer answers(int status, std::string json);

}  // namespace nightshift::cli::drills
