#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "live/cursor.h"
#include "live/pace.h"
#include "live/types.h"
#include "net/stream.h"

namespace nightshift::live {

struct Client;

// What a client asked for, checked: the names are known, sorted and unique.
struct Subscription {
    std::string tenant;
    std::vector<std::string> topics;
    Transport transport = Transport::kWebSocket;
    std::string since;  // its resume token as sent, or ""
};

// The clients of one part of a shard with the same subscriptions: all live ones stand at the same place, and
// what comes next is put together once for them.
struct Group {
    std::string key;
    uint32_t part = 0;
    std::string tenant;
    Transport transport = Transport::kWebSocket;
    std::vector<Cursor> cursors;
    std::vector<Client*> members;  // the live ones
    size_t users = 0;              // members, and those who will be
};

// The first bytes for those who connect with the same token at the same time: in a reconnect storm all of
// them.
struct Welcome {
    const Group* group = nullptr;
    std::string since;
    Instant built_at;
    Pieces pieces;
    uint32_t messages = 0;
    Advanced advanced;
    std::vector<Cursor> cursors;  // where it leads
};

// One connection. Owned by its shard.
struct Client {
    // Asks the connection to end; called at most once. Afterwards nothing is offered to the stream.
    using Close = std::function<void(uint16_t code, std::string_view reason)>;

    Client(net::ByteStream& connection, Close close_connection, Instant now)
        : stream(connection), close(std::move(close_connection)), pace(now) {}

    net::ByteStream& stream;
    Close close;
    Pace pace;
    Group* group = nullptr;
    std::vector<Cursor> cursors;  // its own place while it is not a live member of the group
    bool is_resuming = false;     // came with a token and was not live yet: it gets all that is held
    bool is_watched = false;      // in the shard's list of slow clients
    bool is_closing = false;
    uint32_t slot = 0;         // in Shard::clients_
    uint32_t member_slot = 0;  // in Group::members
    uint32_t commands = 0;     // since commands_since
    Instant commands_since{};
};

}  // namespace nightshift::live
