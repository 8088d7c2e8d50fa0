#include "app/service_unit.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/file.h"

namespace nightshift::app {
namespace {

// systemd splits ExecStart at blanks and expands % and $.
std::string in_quotes(const std::string& word) {
    std::string out = "\"";
    for (char c : word) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '%' || c == '$') out += c;
        out += c;
    }
    return out + "\"";
}

Result<std::filesystem::path> unit_folder(bool is_system) {
    if (is_system) return "/etc/systemd/system";
    if (const char* config = std::getenv("XDG_CONFIG_HOME"); config && *config) {
        return std::filesystem::path(config) / "systemd/user";
    }
    const char* home = std::getenv("HOME");
    if (home == nullptr) return fail(Code::kInvalid, "HOME is not set, so there is no place for a user unit");
    return std::filesystem::path(home) / ".config/systemd/user";
}

}  // namespace

std::string render_service_unit(const ServiceUnitOptions& options) {
    std::string command = fmt::format("{} up --data {}", in_quotes(options.program), in_quotes(options.data));
    if (!options.listen.empty()) command += " --listen " + in_quotes(options.listen);
    if (!options.config.empty()) command += " --config " + in_quotes(options.config);
    // A user's manager may not change namespaces, so those directives are for the machine's unit.
    std::string sandbox = options.is_system ? fmt::format(R"(ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
CapabilityBoundingSet=
)",
                                                          options.data.native())
                                            : "";
    return fmt::format(R"([Unit]
Description=Nightshift, mission control for AI agents
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={}
EnvironmentFile=-{}
Restart=always
RestartSec=1
WatchdogSec=30
TimeoutStopSec=30
KillMode=process
Delegate=yes
DelegateSubgroup=nightshift
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
{}
[Install]
WantedBy={}
)",
                       command, (options.data / "environment").native(), sandbox,
                       options.is_system ? "multi-user.target" : "default.target");
}

Result<std::filesystem::path> install_service_unit(const ServiceUnitOptions& options) {
    NS_TRY(std::filesystem::path folder, unit_folder(options.is_system));
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(Code::kIo, "create {}: {}", folder.native(), error.message());
    std::filesystem::path path = folder / "nightshift.service";
    if (auto written = write_file_atomically(path, render_service_unit(options)); !written)
        return Failure(written.error());
    return path;
}

}  // namespace nightshift::app
