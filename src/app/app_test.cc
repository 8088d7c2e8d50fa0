#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>

#include "app/data_folder.h"
#include "app/service_manager.h"
#include "app/service_unit.h"
#include "base/random.h"
#include "base/text.h"

namespace nightshift::app {
namespace {

using testing::HasSubstr;

class AppTest : public testing::Test {
protected:
    AppTest() { std::filesystem::create_directories(folder_); }
    ~AppTest() override { std::filesystem::remove_all(folder_); }
    std::string suffix_ = base64url_encode(random_bytes(6));
    std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("app_test_" + suffix_);
};

TEST_F(AppTest, DataFolderBelongsToOneServerAtATime) {
    auto first = DataFolder::open(folder_ / "data");
    ASSERT_TRUE(first);
    auto permissions = std::filesystem::status(folder_ / "data").permissions();
    EXPECT_EQ(permissions & std::filesystem::perms::others_all, std::filesystem::perms::none);
    EXPECT_EQ(DataFolder::open(folder_ / "data").error().code, Code::kConflict);
    {
        DataFolder released = std::move(*first);
    }
    EXPECT_TRUE(DataFolder::open(folder_ / "data"));
}

TEST_F(AppTest, ServiceUnitQuotesPathsAndSandboxesTheMachinesUnit) {
    ServiceUnitOptions options{"/opt/night shift/nightshift", "/var/lib/night%shift", "", "127.0.0.1:8700",
                               true};
    std::string unit = render_service_unit(options);
    EXPECT_THAT(unit,
                HasSubstr(R"(ExecStart="/opt/night shift/nightshift" up --data "/var/lib/night%%shift")"));
    for (const char* directive :
         {"Type=notify", "WatchdogSec=", "Restart=always", "ProtectSystem=strict", "NoNewPrivileges=yes"}) {
        EXPECT_THAT(unit, HasSubstr(directive));
    }
    options.is_system = false;
    EXPECT_THAT(render_service_unit(options), testing::Not(HasSubstr("ProtectSystem")));
}

TEST_F(AppTest, NotifiesTheServiceManagersSocket) {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    std::string path = folder_ / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.copy(address.sun_path, sizeof address.sun_path - 1), sizeof address.sun_path);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    notify_service_manager("READY=1");
    unsetenv("NOTIFY_SOCKET");
    char text[32] = {};
    ASSERT_EQ(::recv(socket.get(), text, sizeof text, MSG_DONTWAIT), 7);
    EXPECT_STREQ(text, "READY=1");
}

TEST_F(AppTest, WatchdogIsHalfOfWhatTheManagerAsks) {
    EXPECT_FALSE(watchdog_interval());
    setenv("WATCHDOG_USEC", "30000000", 1);
    EXPECT_EQ(watchdog_interval(), std::chrono::seconds(15));
    setenv("WATCHDOG_USEC", "soon", 1);
    EXPECT_FALSE(watchdog_interval());
    unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace nightshift::app
