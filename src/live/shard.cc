#include "live/shard.h"

#include <algorithm>
#include <set>

#include "base/assert.h"
#include "base/text.h"
#include "live/command.h"
#include "live/resume_token.h"

namespace nightshift::live {
namespace {

constexpr size_t kWelcomesMax = 16;
constexpr std::chrono::milliseconds kWelcomeAgeMax{100};
constexpr size_t kCloseReasonBytesMax = 120;  // a control frame carries 125 bytes
constexpr int kChunksPerVisit = 16;  // so that one client that reads fast does not hold up the others

// Nothing is refused for its size here: Pace::has_room() decides before.
constexpr size_t kNoLimit = SIZE_MAX;

std::string group_key(const std::string& tenant, const std::vector<std::string>& topics, Transport transport,
                      uint32_t part) {
    std::string key(transport == Transport::kWebSocket ? "w" : "e");
    key += static_cast<char>('0' + part);
    key += tenant;
    for (const std::string& topic : topics) {
        key += '\0';
        key += topic;
    }
    return key;
}

bool is_same_place(const std::vector<Cursor>& a, const std::vector<Cursor>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Cursor& x, const Cursor& y) { return x.topic == y.topic && x.seq == y.seq; });
}

bool has_news(const std::vector<Cursor>& cursors) {
    return std::any_of(cursors.begin(), cursors.end(),
                       [](const Cursor& cursor) { return cursor.topic->head() != cursor.seq; });
}

}  // namespace

Shard::Shard(Registry& registry, ShardOptions options, Counters& counters)
    : registry_(registry), options_(std::move(options)), counters_(counters) {}

Shard::~Shard() = default;

Result<Client*> Shard::add(net::ByteStream& stream, const Subscription& want, Client::Close close,
                           Instant now, int64_t server_time_ms) {
    NS_TRY(Group * group, enter_group(want.tenant, want.topics, want.transport, now));
    clients_.push_back(std::make_unique<Client>(stream, std::move(close), now));
    Client& client = *clients_.back();
    client.slot = static_cast<uint32_t>(clients_.size() - 1);
    client.group = group;
    counters_.clients.fetch_add(1, std::memory_order_relaxed);
    counters_.clients_total.fetch_add(1, std::memory_order_relaxed);
    welcome(client, want.since, now, server_time_ms);
    return &client;
}

void Shard::remove(Client* client, Instant now) {
    drop_member(*client);
    leave_group(*client, now);
    if (client->is_watched) std::erase(watched_, client);
    uint32_t slot = client->slot;
    std::swap(clients_[slot], clients_.back());
    clients_[slot]->slot = slot;
    clients_.pop_back();
    counters_.clients.fetch_sub(1, std::memory_order_relaxed);
}

Result<Group*> Shard::enter_group(const std::string& tenant, const std::vector<std::string>& topics,
                                  Transport transport, Instant now) {
    uint32_t part = next_part_;
    next_part_ = (next_part_ + 1) % options_.parts;
    std::string key = group_key(tenant, topics, transport, part);
    auto found = groups_.find(key);
    if (found != groups_.end()) {
        ++found->second->users;
        return found->second.get();
    }
    auto group = std::make_unique<Group>();
    group->key = key;
    group->part = part;
    group->tenant = tenant;
    group->transport = transport;
    for (const std::string& name : topics) {
        auto topic = registry_.acquire(tenant, name);
        if (!topic) {
            for (const Cursor& cursor : group->cursors) registry_.release(tenant, cursor.topic->name(), now);
            return Failure(topic.error());
        }
        Cursor cursor;
        cursor.topic = std::move(*topic);
        group->cursors.push_back(std::move(cursor));
    }
    group->users = 1;
    return groups_.emplace(std::move(key), std::move(group)).first->second.get();
}

void Shard::leave_group(Client& client, Instant now) {
    Group* group = std::exchange(client.group, nullptr);
    if (--group->users > 0) return;
    for (const Cursor& cursor : group->cursors) {
        if (registry_.release(group->tenant, cursor.topic->name(), now)) has_unread_ = true;
    }
    std::erase_if(welcomes_, [&](const Welcome& welcome) { return welcome.group == group; });
    groups_.erase(std::string(group->key));
}

void Shard::welcome(Client& client, const std::string& since, Instant now, int64_t server_time_ms) {
    Group& group = *client.group;
    auto cached = std::find_if(welcomes_.begin(), welcomes_.end(), [&](const Welcome& welcome) {
        return welcome.group == &group && welcome.since == since && now - welcome.built_at <= kWelcomeAgeMax;
    });
    if (cached == welcomes_.end()) {
        if (welcomes_.size() == kWelcomesMax) welcomes_.pop_front();
        welcomes_.push_back(build_welcome(group, since, now, server_time_ms));
        cached = std::prev(welcomes_.end());
    }
    count(cached->advanced);
    client.cursors = cached->cursors;
    client.is_resuming = !since.empty();
    offer(client, cached->pieces, cached->messages, now);
    bool is_welcomed = cached->advanced.is_complete && join(client, now);
    if (!is_welcomed) catch_up(client, now);
}

Welcome Shard::build_welcome(const Group& group, const std::string& since, Instant now,
                             int64_t server_time_ms) const {
    std::optional<ResumeToken> token = parse_resume_token(since);
    if (token && token->epoch != options_.epoch) token.reset();
    Welcome welcome;
    welcome.group = &group;
    welcome.since = since;
    welcome.built_at = now;
    for (const Cursor& place : group.cursors) {
        Cursor cursor;
        cursor.topic = place.topic;
        std::optional<uint64_t> seq = token ? token->find(place.topic->name()) : std::nullopt;
        if (seq) {
            cursor.start = Cursor::Start::kToken;
            cursor.seq = *seq;
        }
        welcome.cursors.push_back(std::move(cursor));
    }
    Batch batch(group.transport);
    Hello hello{options_.epoch, options_.interval.count(), server_time_ms, options_.version};
    batch.add(Message("hello", hello_json(hello)), "");
    AdvanceLimits limits{kNoLimit, options_.queue_bytes_max};
    welcome.advanced = advance(welcome.cursors, options_.epoch, limits, now, batch);
    welcome.messages = batch.messages();
    welcome.pieces = batch.take();
    return welcome;
}

// Sends what is missing, as long as the client takes it, and makes it live when nothing is.
void Shard::catch_up(Client& client, Instant now) {
    for (int chunk = 0; chunk < kChunksPerVisit && client.stream.queued_bytes() == 0; ++chunk) {
        Batch batch(client.group->transport);
        AdvanceLimits limits{client.is_resuming ? kNoLimit : options_.missed_bytes_max,
                             options_.queue_bytes_max};
        Advanced advanced = advance(client.cursors, options_.epoch, limits, now, batch);
        count(advanced);
        uint32_t messages = batch.messages();
        if (advanced.is_changed) offer(client, batch.take(), messages, now);
        if (advanced.is_complete && join(client, now)) return;
        if (!client.stream.is_open()) return;
    }
    watch(client);
}

// Makes the client a live member when it stands where the group stands.
bool Shard::join(Client& client, Instant now) {
    Group& group = *client.group;
    if (group.members.empty()) {
        group.cursors = client.cursors;
    } else if (!is_same_place(group.cursors, client.cursors)) {
        advance_group(group, now);
        if (!is_same_place(group.cursors, client.cursors)) return false;
    }
    client.cursors = {};
    client.is_resuming = false;
    client.member_slot = static_cast<uint32_t>(group.members.size());
    group.members.push_back(&client);
    client.pace.become_live();
    return true;
}

void Shard::tick(uint32_t part, Instant now) {
    for (const auto& [key, group] : groups_) {
        if (group->part == part && !group->members.empty()) advance_group(*group, now);
    }
}

void Shard::advance_group(Group& group, Instant now) {
    if (!has_news(group.cursors)) return;
    std::vector<Cursor> before = group.cursors;
    Batch batch(group.transport);
    count(advance(group.cursors, options_.epoch, AdvanceLimits{}, now, batch));
    std::erase_if(welcomes_, [&](const Welcome& welcome) { return welcome.group == &group; });
    uint32_t messages = batch.messages();
    size_t bytes = batch.bytes();
    Pieces pieces = batch.take();
    // Backwards, because a member that falls behind is replaced by the last one.
    for (size_t i = group.members.size(); i-- > 0;) {
        Client& client = *group.members[i];
        if (Pace::has_room(client.stream.queued_bytes(), bytes, options_.queue_bytes_max)) {
            offer(client, pieces, messages, now);
        } else {
            fall_behind(client, before);
        }
    }
}

void Shard::fall_behind(Client& client, const std::vector<Cursor>& place) {
    drop_member(client);
    client.cursors = place;
    watch(client);
}

void Shard::drop_member(Client& client) {
    if (!client.pace.is_live()) return;
    client.pace.fall_behind();
    std::vector<Client*>& members = client.group->members;
    members.back()->member_slot = client.member_slot;
    std::swap(members[client.member_slot], members.back());
    members.pop_back();
}

void Shard::offer(Client& client, const Pieces& pieces, uint32_t messages, Instant now) {
    client.pace.observe(now, client.stream.queued_bytes());
    for (const net::SharedBytes& piece : pieces) {
        // Refused only when the peer is gone; then the connection ends and the client is removed.
        if (!client.stream.offer(piece, kNoLimit)) return;
        client.pace.offered(piece->size());
    }
    counters_.frames_total.fetch_add(messages, std::memory_order_relaxed);
    if (client.stream.queued_bytes() > 0) watch(client);
}

void Shard::tell(Client& client, std::string_view type, std::string_view json, Instant now) {
    Batch batch(client.group->transport);
    batch.add(Message(type, json), "");
    size_t bytes = batch.bytes();
    if (!Pace::has_room(client.stream.queued_bytes(), bytes, options_.queue_bytes_max)) return;
    offer(client, batch.take(), 1, now);
}

void Shard::watch(Client& client) {
    if (std::exchange(client.is_watched, true)) return;
    watched_.push_back(&client);
}

void Shard::sweep(Instant now) {
    uint64_t queued_total = 0;
    std::vector<Client*> watched = std::exchange(watched_, {});
    for (Client* client : watched) client->is_watched = false;
    for (Client* client : watched) {
        if (client->is_closing) continue;
        size_t queued = client->stream.queued_bytes();
        queued_total += queued;
        client->pace.observe(now, queued);
        if (queued > 0 && client->pace.is_stalled(now, options_.stalled_after)) {
            counters_.stalled_total.fetch_add(1, std::memory_order_relaxed);
            close(*client, kCloseStalled, "takes nothing");
        } else if (queued > 0) {
            watch(*client);
        } else if (!client->pace.is_live()) {
            catch_up(*client, now);
        }
    }
    queued_bytes_.store(queued_total, std::memory_order_relaxed);
}

void Shard::keep_alive() {
    // An empty ping frame and an empty comment: neither reaches the program on the other side.
    static constexpr std::string_view kPing("\x89\x00", 2);
    auto ping = std::make_shared<const std::string>(kPing);
    auto comment = std::make_shared<const std::string>(":\n\n");
    for (const std::unique_ptr<Client>& client : clients_) {
        if (client->is_closing || client->stream.queued_bytes() > 0) continue;
        bool is_socket = client->group->transport == Transport::kWebSocket;
        client->stream.offer(is_socket ? ping : comment, kNoLimit);
    }
    welcomes_.clear();
}

void Shard::say_bye(const std::function<int64_t()>& retry_ms) {
    for (const std::unique_ptr<Client>& client : clients_) {
        if (client->is_closing) continue;
        int64_t retry = retry_ms();
        Batch batch(client->group->transport);
        batch.add_retry(retry);
        batch.add(Message("bye", bye_json(retry)), "");
        for (const net::SharedBytes& piece : batch.take()) client->stream.offer(piece, kNoLimit);
        close(*client, kCloseRestart, "restart");
    }
}

void Shard::close(Client& client, uint16_t code, std::string_view reason) {
    if (std::exchange(client.is_closing, true)) return;
    drop_member(client);
    client.close(code, reason);
}

void Shard::count(const Advanced& advanced) {
    counters_.resumed_total.fetch_add(advanced.resumed, std::memory_order_relaxed);
    counters_.snapshots_total.fetch_add(advanced.snapshots, std::memory_order_relaxed);
    counters_.fell_behind_total.fetch_add(advanced.put_back, std::memory_order_relaxed);
}

void Shard::command(Client* client, std::string_view text, Instant now) {
    if (client->is_closing) return;
    if (!is_within_rate(*client, now)) {
        close(*client, kCloseProtocol, "too many messages");
        return;
    }
    auto topics = topics_after(*client, text);
    if (!topics && topics.error().code == Code::kInvalid) {
        close(*client, kCloseProtocol, truncate_utf8(topics.error().message, kCloseReasonBytesMax));
        return;
    }
    auto group = topics ? enter_group(client->group->tenant, *topics, client->group->transport, now)
                        : Result<Group*>(Failure(topics.error()));
    if (!group) {
        tell(*client, "error", error_json(group.error().message), now);
        return;
    }
    move_to_group(*client, *group, now);
    catch_up(*client, now);
}

bool Shard::is_within_rate(Client& client, Instant now) const {
    if (now - client.commands_since >= std::chrono::seconds(1)) {
        client.commands_since = now;
        client.commands = 0;
    }
    return ++client.commands <= kCommandsPerSecondMax;
}

// kInvalid: no command at all. kLimit or kNotFound: the client may go on as it is.
Result<std::vector<std::string>> Shard::topics_after(const Client& client, std::string_view text) const {
    NS_TRY(Command command, parse_command(text));
    std::set<std::string> names;
    for (const Cursor& cursor : client.group->cursors) names.insert(cursor.topic->name());
    for (const std::string& name : command.unsubscribe) names.erase(name);
    for (std::string& name : command.subscribe) {
        if (auto kind = topic_kind(name); !kind) return fail(Code::kNotFound, "{}", kind.error().message);
        names.insert(std::move(name));
    }
    if (names.size() > kSubscriptionsMax)
        return fail(Code::kLimit, "more than {} topics for one client", kSubscriptionsMax);
    return std::vector<std::string>(names.begin(), names.end());
}

// The client keeps its place in the topics that both groups have, and is behind in the others.
void Shard::move_to_group(Client& client, Group* group, Instant now) {
    std::vector<Cursor> places = client.pace.is_live() ? client.group->cursors : client.cursors;
    drop_member(client);
    leave_group(client, now);
    client.group = group;
    client.cursors.clear();
    for (const Cursor& wanted : group->cursors) {
        auto known = std::find_if(places.begin(), places.end(),
                                  [&](const Cursor& place) { return place.topic == wanted.topic; });
        Cursor cursor;
        cursor.topic = wanted.topic;
        client.cursors.push_back(known == places.end() ? std::move(cursor) : std::move(*known));
    }
}

}  // namespace nightshift::live
