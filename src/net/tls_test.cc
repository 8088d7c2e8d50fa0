#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/file.h"
#include "io/blocking.h"
#include "net/client.h"
#include "net/websocket.h"
#include "net/websocket_codec.h"
#include "net/websocket_handshake.h"

namespace nightshift::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

template <auto kFree>
struct Free {
    template <class T>
    void operator()(T* object) const {
        kFree(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

// A certificate for localhost that vouches for itself, made anew so that it never expires in the repository.
struct Identity {
    Identity() : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
        X509_set_version(certificate.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
        X509_set_pubkey(certificate.get(), key.get());
        X509_NAME* name = X509_get_subject_name(certificate.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
        X509_set_issuer_name(certificate.get(), name);
        X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
        X509_add_ext(certificate.get(), names, -1);
        X509_EXTENSION_free(names);
        X509_sign(certificate.get(), key.get(), EVP_sha256());
    }

    std::string pem() const {
        std::unique_ptr<BIO, Free<BIO_free>> memory(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(memory.get(), certificate.get());
        char* text = nullptr;
        long size = BIO_get_mem_data(memory.get(), &text);
        return std::string(text, static_cast<size_t>(size));
    }

    Key key;
    Certificate certificate;
};

// Takes one TLS connection, answers its first request head with what `answer` makes of it, then reads to the
// end.
class TlsPeer {
public:
    TlsPeer(const Identity& identity, std::function<std::string(std::string)> answer)
        : context_(asio::ssl::context::tls_server),
          acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          answer_(std::move(answer)) {
        SSL_CTX_use_certificate(context_.native_handle(), identity.certificate.get());
        SSL_CTX_use_PrivateKey(context_.native_handle(), identity.key.get());
        thread_ = std::thread([this] { serve(); });
    }
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;
    ~TlsPeer() { thread_.join(); }

    uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void serve() {
        boost::system::error_code error;
        asio::ssl::stream<tcp::socket> stream(acceptor_.accept(), context_);
        stream.handshake(asio::ssl::stream_base::server, error);
        std::string request;
        char buffer[4096];
        while (!error && request.find("\r\n\r\n") == std::string::npos) {
            request.append(buffer, stream.read_some(asio::buffer(buffer), error));
        }
        if (!error) asio::write(stream, asio::buffer(answer_(request)), error);
        while (!error) stream.read_some(asio::buffer(buffer), error);
    }

    asio::io_context io_;
    asio::ssl::context context_;
    tcp::acceptor acceptor_;
    std::function<std::string(std::string)> answer_;
    std::thread thread_;
};

class TlsTest : public testing::Test {
protected:
    TlsTest() {
        path_ = std::filesystem::temp_directory_path() / fmt::format("nightshift-tls-{}.pem", ::getpid());
        EXPECT_TRUE(write_file_atomically(path_, identity_.pem()));
    }
    ~TlsTest() override {
        ::unsetenv("SSL_CERT_FILE");
        std::filesystem::remove(path_);
    }
    // The client now takes our certificate for one of the system's authorities.
    void trust() { ::setenv("SSL_CERT_FILE", path_.c_str(), 1); }

    Identity identity_;
    std::filesystem::path path_;
};

Result<ClientResponse> get(std::string url) {
    ClientRequest request;
    request.url = std::move(url);
    request.timeout = std::chrono::milliseconds(5000);
    return fetch_blocking(std::move(request));
}

TEST_F(TlsTest, FetchesFromAPeerItTrusts) {
    trust();
    std::string body(100'000, 'b');
    TlsPeer peer(identity_, [&](const std::string&) {
        return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
    });
    auto response = get(fmt::format("https://localhost:{}/", peer.port()));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_TRUE(response->body == body);
}

TEST_F(TlsTest, RefusesAPeerNobodyVouchesFor) {
    TlsPeer peer(identity_, [](const std::string&) { return "HTTP/1.1 200 OK\r\n\r\n"; });
    auto response = get(fmt::format("https://localhost:{}/", peer.port()));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::kUnavailable);
    EXPECT_THAT(response.error().message, HasSubstr("self-signed certificate"));
}

TEST_F(TlsTest, RefusesATrustedPeerOfAnotherName) {
    trust();
    TlsPeer peer(identity_, [](const std::string&) { return "HTTP/1.1 200 OK\r\n\r\n"; });
    auto response = get(fmt::format("https://127.0.0.1:{}/", peer.port()));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::kUnavailable);
}

Task<> exchange(std::string url) {
    auto socket = co_await connect_websocket(std::move(url), WebSocketOptions{});
    EXPECT_TRUE(socket) << (socket ? "" : socket.error().message);
    if (!socket) co_return;
    Result<void> sent = co_await (*socket)->send_text(std::string(50'000, 'x'));
    EXPECT_TRUE(sent);
    Result<WebSocket::Message> message = co_await (*socket)->receive();
    EXPECT_TRUE(message);
    if (message) EXPECT_EQ(message->data, "welcome");
    co_await (*socket)->close(1000, "");
}

TEST_F(TlsTest, ConnectsAWebSocket) {
    trust();
    TlsPeer peer(identity_, [](const std::string& request) {
        size_t at = request.find("Sec-WebSocket-Key: ") + 19;
        std::string accept = websocket_accept(request.substr(at, request.find('\r', at) - at));
        return fmt::format(
                   "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                   "{}\r\n\r\n",
                   accept) +
               encode_frame(Opcode::kText, "welcome", std::nullopt) +
               encode_frame(Opcode::kClose, encode_close(1000, ""), std::nullopt);
    });
    io::Loop loop("client");
    io::run_blocking(loop, [&] { return exchange(fmt::format("wss://localhost:{}/", peer.port())); });
}

}  // namespace
}  // namespace nightshift::net
