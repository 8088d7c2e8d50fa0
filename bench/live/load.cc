// Many WebSocket clients in one thread: they follow events, measure how late each arrives, lose their
// connections all at once, come back, and say what they missed. Usage: bench_live_load PORT CLIENTS SECONDS
// MODE [STORMS=3]
//   MODE  hub-resume: our protocol, coming back with a token; hub-cold: without; plain: any server that sends
//   events.
// Prints one line of key=value pairs.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

int64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

double seconds_since(int64_t start_ns) {
    return static_cast<double>(now_ns() - start_ns) / 1e9;
}

uint64_t number_at(std::string_view text) {
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string_view after(std::string_view text, std::string_view mark) {
    size_t at = text.find(mark);
    return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

// Latencies in steps of 100 us, up to ten seconds.
class Histogram {
public:
    void add(int64_t ns) {
        size_t step = static_cast<size_t>(std::clamp<int64_t>(ns / 100'000, 0, kSteps - 1));
        ++counts_[step];
        ++total_;
        max_ = std::max(max_, ns);
    }
    double percentile_ms(double fraction) const {
        uint64_t wanted = static_cast<uint64_t>(fraction * static_cast<double>(total_));
        for (size_t step = 0; step < counts_.size(); ++step) {
            if (counts_[step] > wanted) return static_cast<double>(step) / 10;
            wanted -= counts_[step];
        }
        return max_ms();
    }
    double max_ms() const { return static_cast<double>(max_) / 1e6; }

private:
    static constexpr int64_t kSteps = 100'000;
    std::vector<uint64_t> counts_ = std::vector<uint64_t>(kSteps);
    uint64_t total_ = 0;
    int64_t max_ = 0;
};

enum class Mode { kHubResume, kHubCold, kPlain };
enum class Phase { kClosed, kConnecting, kUpgrading, kOpen };

struct Client {
    int fd = -1;
    Phase phase = Phase::kClosed;
    bool is_served = false;      // got something since it connected
    bool is_counted_on = false;  // `next` is known
    int64_t retry_at_ns = 0;
    uint64_t next = 0;  // the event that must come next
    uint64_t events_seq = 0;
    uint64_t fleet_seq = 0;
    std::string rest;  // an unfinished message
};

class Load {
public:
    Load(uint16_t port, size_t clients, Mode mode) : port_(port), mode_(mode), clients_(clients) {
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
    }

    // False when not all are served within `patience` seconds.
    bool connect_all(double patience) {
        int64_t start = now_ns();
        size_t started = 0;
        while (served_ < clients_.size()) {
            if (seconds_since(start) > patience) return false;
            // In small portions, so that bringing them up is not a storm of its own.
            while (started < clients_.size() && started < served_ + 200) open(clients_[started++]);
            reopen_closed(started);
            pump(1);
        }
        return true;
    }

    void run(double seconds) {
        int64_t start = now_ns();
        while (seconds_since(start) < seconds) pump(5);
    }

    void measure(double seconds) {
        latencies_ = Histogram();
        events_ = 0;
        is_measuring_ = true;
        int64_t start = now_ns();
        run(seconds);
        is_measuring_ = false;
        deliveries_per_second_ = static_cast<double>(events_) / seconds_since(start);
    }

    // The server cuts all; everybody comes back at once. False when some are not served within a minute.
    bool storm() {
        is_storm_ = true;
        served_again_ns_.clear();
        int64_t start = now_ns();
        storm_started_ns_ = start;
        request("/drop");
        while (served_again_ns_.size() < clients_.size()) {
            if (seconds_since(start) > 60) return false;
            reopen_closed(clients_.size());
            pump(1);
        }
        is_storm_ = false;
        std::sort(served_again_ns_.begin(), served_again_ns_.end());
        return true;
    }
    double storm_seconds(double fraction) const {
        size_t at = static_cast<size_t>(fraction * static_cast<double>(served_again_ns_.size() - 1));
        return static_cast<double>(served_again_ns_[at]) / 1e9;
    }

    std::string request(const std::string& path) const;

    const Histogram& latencies() const { return latencies_; }
    double deliveries_per_second() const { return deliveries_per_second_; }
    uint64_t lost() const { return lost_; }
    uint64_t doubled() const { return doubled_; }
    uint64_t refused() const { return refused_; }
    uint64_t checked() const { return checked_; }

private:
    std::string target(const Client& client) const;
    void open(Client& client);
    void reopen_closed(size_t count);
    void close(Client& client, int64_t retry_after_ns);
    void pump(int timeout_ms);
    void on_writable(Client& client);
    void on_readable(Client& client);
    size_t take_head(Client& client, std::string_view bytes);
    size_t take_frame(Client& client, std::string_view bytes);
    void on_message(Client& client, std::string_view text);
    void on_event(Client& client, std::string_view event);

    uint16_t port_;
    Mode mode_;
    int epoll_;
    std::vector<Client> clients_;
    std::string epoch_;
    std::array<char, 256 * 1024> buffer_;
    size_t served_ = 0;
    bool is_storm_ = false;
    int64_t storm_started_ns_ = 0;
    std::vector<int64_t> served_again_ns_;
    bool is_measuring_ = false;
    int64_t received_ns_ = 0;
    uint64_t events_ = 0;
    double deliveries_per_second_ = 0;
    Histogram latencies_;
    uint64_t lost_ = 0;
    uint64_t doubled_ = 0;
    uint64_t checked_ = 0;
    uint64_t refused_ = 0;
};

std::string Load::target(const Client& client) const {
    std::string path = "/api/v1/live?topics=events,fleet";
    if (mode_ == Mode::kHubResume && client.is_counted_on) {
        path += "&since=" + epoch_ + ".events:" + std::to_string(client.events_seq) +
                ",fleet:" + std::to_string(client.fleet_seq);
    }
    return path;
}

void Load::open(Client& client) {
    client.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client.fd < 0) {
        perror("socket");
        exit(1);
    }
    client.phase = Phase::kConnecting;
    client.is_served = false;
    client.rest.clear();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(client.fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    epoll_event event{};
    event.events = EPOLLOUT | EPOLLIN;
    event.data.ptr = &client;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
}

void Load::reopen_closed(size_t count) {
    int64_t now = now_ns();
    for (size_t i = 0; i < count; ++i) {
        Client& client = clients_[i];
        if (client.phase == Phase::kClosed && client.retry_at_ns != 0 && now >= client.retry_at_ns)
            open(client);
    }
}

void Load::close(Client& client, int64_t retry_after_ns) {
    ::close(client.fd);
    client.fd = -1;
    client.phase = Phase::kClosed;
    client.retry_at_ns = now_ns() + retry_after_ns;
    if (client.is_served) --served_;
    client.is_served = false;
    if (mode_ != Mode::kHubResume) client.is_counted_on = false;
}

void Load::pump(int timeout_ms) {
    std::array<epoll_event, 1024> events;
    int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
    for (int i = 0; i < count; ++i) {
        Client& client = *static_cast<Client*>(events[static_cast<size_t>(i)].data.ptr);
        uint32_t what = events[static_cast<size_t>(i)].events;
        if (client.phase == Phase::kConnecting && (what & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
            on_writable(client);
        if (client.fd >= 0 && (what & (EPOLLIN | EPOLLERR | EPOLLHUP))) on_readable(client);
    }
}

void Load::on_writable(Client& client) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        ++refused_;
        close(client, 50'000'000 + rand() % 100'000'000);
        return;
    }
    std::string request = "GET " + target(client) +
                          " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    if (send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return;
    client.phase = Phase::kUpgrading;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &client;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, client.fd, &event);
}

void Load::on_readable(Client& client) {
    ssize_t count = recv(client.fd, buffer_.data(), buffer_.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
        close(client, 1);
        return;
    }
    received_ns_ = now_ns();
    std::string_view bytes(buffer_.data(), static_cast<size_t>(count));
    if (!client.rest.empty()) bytes = client.rest.append(bytes);
    size_t used = 0;
    while (client.fd >= 0 && used < bytes.size()) {
        std::string_view left = bytes.substr(used);
        size_t taken = client.phase == Phase::kOpen ? take_frame(client, left) : take_head(client, left);
        if (taken == 0) break;
        used += taken;
    }
    std::string rest(bytes.substr(used));
    client.rest.swap(rest);
}

size_t Load::take_head(Client& client, std::string_view bytes) {
    size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    if (!bytes.starts_with("HTTP/1.1 101")) {
        ++refused_;
        std::string_view retry = after(bytes, "\"retry_ms\":");
        close(client, retry.empty() ? 500'000'000 : static_cast<int64_t>(number_at(retry)) * 1'000'000);
        return 0;
    }
    client.phase = Phase::kOpen;
    return end + 4;
}

size_t Load::take_frame(Client& client, std::string_view bytes) {
    auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(bytes[i])); };
    if (bytes.size() < 2) return 0;
    size_t head = 2;
    size_t size = byte(1) & 127;
    size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (bytes.size() < head + extra) return 0;
    if (extra > 0) size = 0;
    for (size_t i = 0; i < extra; ++i) size = size << 8 | byte(head + i);
    head += extra;
    if (bytes.size() < head + size) return 0;
    if ((byte(0) & 15) <= 2) on_message(client, bytes.substr(head, size));
    return head + size;
}

void Load::on_message(Client& client, std::string_view text) {
    constexpr std::string_view kEvents = R"(","topic":"events","seq":)";
    constexpr std::string_view kFleet = R"(","topic":"fleet","seq":)";
    bool is_hello = text.starts_with(R"({"type":"hello")");
    if (is_hello) {
        std::string_view epoch = after(text, R"("epoch":")");
        epoch_ = epoch.substr(0, epoch.find('"'));
        return;
    }
    if (!client.is_served) {
        client.is_served = true;
        ++served_;
        if (is_storm_) served_again_ns_.push_back(received_ns_ - storm_started_ns_);
    }
    std::string_view head = text.substr(0, 60);
    if (std::string_view rest = after(head, kFleet); !rest.empty()) client.fleet_seq = number_at(rest);
    if (std::string_view rest = after(head, kEvents); !rest.empty()) {
        client.events_seq = number_at(rest);
        // Only what follows counts: a snapshot shows again what was there before.
        if (head.starts_with(R"({"type":"snapshot)")) {
            if (mode_ == Mode::kHubResume && client.is_counted_on)
                ++lost_;  // it had a token, so this is a loss
            client.is_counted_on = false;
            return;
        }
    }
    while (true) {
        text = after(text, R"({"t":)");
        if (text.empty()) return;
        on_event(client, text);
    }
}

void Load::on_event(Client& client, std::string_view event) {
    uint64_t sent_ns = 0;
    auto end = std::from_chars(event.data(), event.data() + event.size(), sent_ns).ptr;
    uint64_t sequence = number_at(event.substr(static_cast<size_t>(end - event.data()) + 5));
    if (client.is_counted_on) {
        ++checked_;
        if (sequence > client.next) lost_ += sequence - client.next;
        if (sequence < client.next) ++doubled_;
    }
    client.is_counted_on = true;
    client.next = sequence + 1;
    ++events_;
    if (is_measuring_) latencies_.add(received_ns_ - static_cast<int64_t>(sent_ns));
}

std::string Load::request(const std::string& path) const {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        std::string text = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        char buffer[4096];
        for (ssize_t count = 0; (count = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
            answer.append(buffer, static_cast<size_t>(count));
            // The answer is short; some servers keep the connection open.
            size_t head = answer.find("\r\n\r\n");
            if (head != std::string::npos && answer.size() > head + 4) break;
        }
    }
    ::close(fd);
    return answer;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: %s PORT CLIENTS SECONDS hub-resume|hub-cold|plain [STORMS]\n", argv[0]);
        return 2;
    }
    std::string_view mode = argv[4];
    Load load(static_cast<uint16_t>(atoi(argv[1])), static_cast<size_t>(atoi(argv[2])),
              mode == "plain"      ? Mode::kPlain
              : mode == "hub-cold" ? Mode::kHubCold
                                   : Mode::kHubResume);
    int64_t start = now_ns();
    if (!load.connect_all(120)) {
        fprintf(stderr, "not all clients were served within two minutes\n");
        return 1;
    }
    printf("connect_s=%.2f", seconds_since(start));
    load.run(1.5);
    auto cpu_us = [&] { return static_cast<double>(number_at(after(load.request("/stat"), "\"cpu_us\":"))); };
    double seconds = atof(argv[3]);
    double cpu_before = cpu_us();
    double own_before = own_cpu_seconds();
    int64_t stat_at = now_ns();
    // Asking took its time; what came meanwhile must not count as late, nor as more.
    load.run(0.5);
    load.measure(seconds);
    double own_used = own_cpu_seconds() - own_before;
    std::string stat = load.request("/stat");
    seconds = seconds_since(stat_at);
    double cpu_used = static_cast<double>(number_at(after(stat, "\"cpu_us\":"))) - cpu_before;
    printf(" per_s=%.0f p50_ms=%.1f p99_ms=%.1f max_ms=%.1f server_cpu=%.0f%% load_cpu=%.0f%% rss_mb=%.1f",
           load.deliveries_per_second(), load.latencies().percentile_ms(0.5),
           load.latencies().percentile_ms(0.99), load.latencies().max_ms(), cpu_used / seconds / 1e4,
           own_used / seconds * 100, static_cast<double>(number_at(after(stat, "\"rss\":"))) / 1e6);
    int storms = argc > 5 ? atoi(argv[5]) : 3;
    std::vector<double> p50s;
    std::vector<double> alls;
    for (int i = 0; i < storms; ++i) {
        if (!load.storm()) {
            fprintf(stderr, "a storm did not end within a minute\n");
            return 1;
        }
        p50s.push_back(load.storm_seconds(0.5));
        alls.push_back(load.storm_seconds(1));
        load.run(2);
    }
    std::sort(p50s.begin(), p50s.end());
    std::sort(alls.begin(), alls.end());
    if (storms > 0) {
        printf(" storm_p50_s=%.2f storm_all_s=%.2f storm_worst_s=%.2f", p50s[p50s.size() / 2],
               alls[alls.size() / 2], alls.back());
    }
    printf(" checked=%llu lost=%llu doubled=%llu refused=%llu\n",
           static_cast<unsigned long long>(load.checked()), static_cast<unsigned long long>(load.lost()),
           static_cast<unsigned long long>(load.doubled()), static_cast<unsigned long long>(load.refused()));
    fprintf(stderr, "%s\n", std::string(after(stat, "\r\n\r\n")).c_str());
    return 0;
}
