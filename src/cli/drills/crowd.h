#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/secret.h"

namespace nightshift::cli::drills {

// Many dashboards in one thread: WebSockets that follow /api/v1/live. One that is refused comes back when the
// server told it to; one that is cut off comes back where it was.
class Crowd {
public:
    Crowd(uint16_t port, const Secret& token, size_t count);
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    // Works until all have got their first word since they connected. False when time ran out.
    bool connect_all(std::chrono::milliseconds limit);
    // Works until all have seen an event whose name contains `mark`.
    bool see_everywhere(std::string_view mark, std::chrono::milliseconds limit);
    // Every connection breaks, at once.
    void cut_all();

    size_t served() const { return served_; }
    size_t seen() const { return seen_; }          // clients that have seen the last mark
    uint64_t refused() const { return refused_; }  // and came back later

private:
    enum class Phase { kClosed, kConnecting, kUpgrading, kOpen };
    struct Client {
        int fd = -1;
        Phase phase = Phase::kClosed;
        bool is_served = false;
        bool has_seen = false;
        std::chrono::steady_clock::time_point retry_at;
        std::string token;  // to resume
        std::string rest;   // an unfinished message
    };

    void open_due(size_t at_once_max);
    void open(Client& client);
    void close(Client& client, std::chrono::milliseconds retry_after);
    void pump();
    void on_connected(Client& client);
    void on_readable(Client& client);
    size_t take_head(Client& client, std::string_view bytes);
    size_t take_frame(Client& client, std::string_view bytes);
    void on_message(Client& client, std::string_view text);

    const uint16_t port_;
    const Secret& token_;
    FileDescriptor epoll_;
    std::vector<Client> clients_;
    std::vector<char> read_ =
        std::vector<char>(size_t{256} * 1024);  // what has come and is not looked at yet
    std::string mark_;
    size_t served_ = 0;
    size_t seen_ = 0;
    size_t connecting_ = 0;
    uint64_t refused_ = 0;
};

// Room for so many open files in this process and those it starts. kLimit with what there is.
Result<void> allow_open_files(uint64_t count);

}  // namespace nightshift::cli::drills
