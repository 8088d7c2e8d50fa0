#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

#include "base/random.h"
#include "live/registry.h"
#include "live/shard.h"
#include "live/test_client.h"
#include "live/test_stream.h"

// Publishers, two loops and clients that read slowly, vanish and come back, in simulated time: whatever
// happens, a client that has caught up knows exactly the truth, and a log it followed has no hole that nobody
// told it of.
namespace nightshift::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::vector<std::string> kTenants = {"a", "b"};
const std::vector<std::string> kNames = {"events", "fleet", "session:x", "session:y,z"};

struct World {
    explicit World(uint64_t world_seed) : seed(world_seed), random(world_seed) {
        is_lossy = random.below(5) == 0;
        Registry::Limits limits;
        limits.topic.ring_bytes_max = random.below(4) == 0 ? random.below(4000) : 1u << 20;
        limits.topic.ring_age_max = milliseconds(random.below(20'000));
        limits.topic.tick_bytes_max = is_lossy ? 40 : 100'000;
        limits.topic.tail_bytes_max = 2000;
        limits.ring_bytes_total_max = random.below(4) == 0 ? 10'000 : 100u << 20;
        limits.logs_max = random.below(8) == 0 ? 5 : 100;
        registry = std::make_unique<Registry>(limits);
        ShardOptions options;
        options.epoch = "e0";
        options.queue_bytes_max = 500 + random.below(4000);
        options.missed_bytes_max =
            std::max<size_t>(4 * options.queue_bytes_max, limits.topic.tail_bytes_max + 1000);
        options.stalled_after = milliseconds(5000);
        options.parts = random.below(2) == 0 ? 1 : kParts;
        queue_bytes_max = options.queue_bytes_max;
        for (auto& shard : shards) shard = std::make_unique<Shard>(*registry, options, counters);
    }

    struct Person {
        Person(Transport transport, TestClient::Loss loss) : reader(transport, loss) {}

        std::string tenant;
        Transport transport = Transport::kWebSocket;
        TestClient reader;
        std::set<std::string> topics;
        std::set<std::string> left;  // topics, with something of them perhaps still on its way
        std::unique_ptr<TestStream> stream;
        Shard* shard = nullptr;
        Client* client = nullptr;
        bool is_told_to_close = false;
        enum class Habit { kReadsAll, kReadsSlowly, kSleeps } habit = Habit::kReadsAll;
    };

    void publish();
    void tick();
    void add_person();
    void connect(Person& person);
    void disconnect(Person& person);
    void read(Person& person, size_t bytes_max);
    void change_topics(Person& person);
    void step();
    void settle();
    void check(const Person& person);
    Person& somebody() { return *people[random.below(people.size())]; }

    uint64_t seed;
    Random random;
    bool is_lossy = false;
    size_t queue_bytes_max = 0;
    Instant now = Instant(std::chrono::hours(1));
    std::unique_ptr<Registry> registry;
    Counters counters;
    std::unique_ptr<Shard> shards[2];
    std::vector<std::unique_ptr<Person>> people;
    std::map<std::string, std::map<std::string, std::string>> state;  // by tenant: the truth of "fleet"
    std::map<std::string, uint64_t> log_end;                          // by tenant and topic: the newest item
    uint64_t last_value = 0;
    uint64_t resumed = 0;
};

void World::publish() {
    const std::string& tenant = kTenants[random.below(kTenants.size())];
    const std::string& name = kNames[random.below(kNames.size())];
    if (name != "fleet") {
        if (!registry->is_watched(tenant, name)) return;
        uint64_t n = ++log_end[tenant + name];
        registry->append(tenant, name, "{\"n\":" + std::to_string(n) + "}");
        return;
    }
    std::string key = tenant + std::to_string(random.below(12));
    if (random.below(4) == 0) {
        state[tenant].erase(key);
        registry->remove(tenant, name, key);
        return;
    }
    std::string item = "{\"key\":\"" + key + "\",\"v\":" + std::to_string(++last_value) + "}";
    state[tenant][key] = item;
    registry->put(tenant, name, key, item);
}

void World::tick() {
    registry->freeze(now);
    for (auto& shard : shards) {
        for (uint32_t part = 0; part < kParts; ++part) {
            if (random.below(4) > 0) shard->tick(part, now);  // otherwise it is late, or not its turn
        }
    }
}

void World::add_person() {
    Transport transport = random.below(2) == 0 ? Transport::kWebSocket : Transport::kEventStream;
    auto loss = is_lossy ? TestClient::Loss::kCounted : TestClient::Loss::kNever;
    people.push_back(std::make_unique<Person>(transport, loss));
    Person& person = *people.back();
    person.transport = transport;
    person.tenant = kTenants[random.below(kTenants.size())];
    person.habit = std::array{Person::Habit::kReadsAll, Person::Habit::kReadsAll, Person::Habit::kReadsSlowly,
                              Person::Habit::kSleeps}[random.below(4)];
    for (const std::string& name : kNames) {
        if (random.below(2) == 0) person.topics.insert(name);
    }
    if (person.topics.empty()) person.topics.insert("fleet");
}

void World::connect(Person& person) {
    if (person.client) return;
    person.reader.reconnected();
    Subscription want;
    want.tenant = person.tenant;
    want.topics.assign(person.topics.begin(), person.topics.end());
    want.transport = person.transport;
    switch (random.below(4)) {
        case 0:
            person.reader.forget();
            break;
        case 1:
            want.since = "garbage";
            person.reader.forget();
            break;
        default:
            // The last id of an event stream is exact; so are a socket's own counts.
            want.since = person.transport == Transport::kWebSocket ? person.reader.own_token()
                                                                   : person.reader.said_token();
    }
    person.stream = std::make_unique<TestStream>(random.below(3) == 0 ? 1 + random.below(600) : 100'000);
    person.shard = shards[random.below(2)].get();
    person.is_told_to_close = false;
    person.left.clear();
    auto client = person.shard->add(
        *person.stream, want, [&person](uint16_t, std::string_view) { person.is_told_to_close = true; }, now,
        0);
    if (client) person.client = *client;
}

void World::disconnect(Person& person) {
    if (!person.client) return;
    person.stream->break_off();
    person.shard->remove(person.client, now);
    person.client = nullptr;
    person.stream.reset();
}

void World::read(Person& person, size_t bytes_max) {
    if (!person.client) return;
    person.reader.feed(person.stream->read(bytes_max));
    if (person.stream->is_empty()) person.left.clear();
}

void World::change_topics(Person& person) {
    if (!person.client || person.transport != Transport::kWebSocket || person.is_told_to_close) return;
    const std::string& name = kNames[random.below(kNames.size())];
    bool is_subscribed = person.topics.contains(name);
    // With few topics allowed a subscription may be refused; then the client does not know which it has.
    if (!is_subscribed && registry->topics() >= 4) return;
    // Its old snapshot could not be told from the new one.
    if (person.left.contains(name)) return;
    if (is_subscribed) {
        person.topics.erase(name);
        person.left.insert(name);
        person.shard->command(person.client, "{\"unsubscribe\":[\"" + name + "\"]}", now);
    } else {
        person.topics.insert(name);
        person.reader.topic(name).is_awaited = true;
        person.shard->command(person.client, "{\"subscribe\":[\"" + name + "\"]}", now);
    }
}

void World::step() {
    now += milliseconds(random.below(300));
    switch (random.below(12)) {
        case 0:
        case 1:
        case 2:
        case 3:
            for (uint64_t i = random.below(12); i > 0; --i) publish();
            break;
        case 4:
        case 5:
            tick();
            break;
        case 6:
            connect(somebody());
            break;
        case 7: {
            Person& person = somebody();
            if (random.below(2) == 0) read(person, SIZE_MAX);
            disconnect(person);
            break;
        }
        case 8:
            change_topics(somebody());
            break;
        case 9:
            registry->expire(now);
            break;
        default:
            for (auto& shard : shards) shard->sweep(now);
    }
    for (auto& person : people) {
        if (person->habit == Person::Habit::kReadsAll) read(*person, SIZE_MAX);
        if (person->habit == Person::Habit::kReadsSlowly) read(*person, random.below(60));
        if (person->is_told_to_close) disconnect(*person);
        if (person->client) {
            ASSERT_LE(person->stream->queued_bytes(), 100'000 + queue_bytes_max) << "seed " << seed;
        }
    }
}

// Everybody who is connected reads until nothing more comes.
void World::settle() {
    registry->freeze(now);
    for (int round = 0; round < 2000; ++round) {
        bool is_quiet = true;
        for (auto& shard : shards) {
            for (uint32_t part = 0; part < kParts; ++part) shard->tick(part, now);
            shard->sweep(now);
        }
        for (auto& person : people) {
            if (person->is_told_to_close) disconnect(*person);
            if (!person->client) continue;
            is_quiet = is_quiet && person->stream->is_empty();
            // Some sockets hold a byte or two.
            for (int i = 0; i < 100; ++i) read(*person, SIZE_MAX);
        }
        if (is_quiet && round > 3) return;
        now += milliseconds(50);
    }
    FAIL() << "seed " << seed << ": clients never catch up";
}

void World::check(const Person& person) {
    const TestClient& reader = person.reader;
    ASSERT_TRUE(reader.errors().empty()) << "seed " << seed << ": " << reader.errors().front();
    for (const auto& [name, topic] : reader.topics()) resumed += topic.resumed;
    if (!person.client) return;
    ASSERT_TRUE(reader.is_greeted()) << "seed " << seed;
    for (const std::string& name : person.topics) {
        auto found = reader.topics().find(name);
        ASSERT_TRUE(found != reader.topics().end() && found->second.is_known && !found->second.is_awaited)
            << "seed " << seed << " " << name;
        if (name == "fleet") {
            ASSERT_EQ(found->second.items, state[person.tenant]) << "seed " << seed;
        } else if (!is_lossy && found->second.last) {
            ASSERT_EQ(*found->second.last, log_end[person.tenant + name]) << "seed " << seed << " " << name;
        }
    }
}

TEST(Simulation, EveryClientKnowsTheTruthWhateverHappens) {
    uint64_t resumed = 0;
    uint64_t fell_behind = 0;
    uint64_t stalled = 0;
    for (uint64_t seed = 1; seed <= 3000; ++seed) {
        World world(seed);
        uint64_t people = 1 + world.random.below(6);
        for (uint64_t i = 0; i < people; ++i) world.add_person();
        for (int i = 0; i < 150 && !testing::Test::HasFatalFailure(); ++i) world.step();
        for (auto& person : world.people) world.connect(*person);
        world.settle();
        for (auto& person : world.people) {
            world.check(*person);
            if (testing::Test::HasFatalFailure()) return;
        }
        for (auto& person : world.people) world.disconnect(*person);
        ASSERT_EQ(world.counters.clients, 0u);
        resumed += world.resumed;
        fell_behind += world.counters.fell_behind_total;
        stalled += world.counters.stalled_total;
    }
    // The simulation is worth something only if all of this happens often.
    EXPECT_GT(resumed, 3000u);
    EXPECT_GT(fell_behind, 1000u);
    EXPECT_GT(stalled, 300u);
}

}  // namespace
}  // namespace nightshift::live
