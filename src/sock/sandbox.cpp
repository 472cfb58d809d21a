#include "sock/sandbox.h"

#include "base/fd.h"
#include "sock/syscall_filter.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sockit {

namespace {

namespace fs = std::filesystem;

// linux/landlock.h of kernels that are newer than what we may be built on, and since which version
// of the interface they are there.
constexpr std::uint64_t truncate_file = 1ULL << 14U;  // 3
constexpr std::uint64_t control_device = 1ULL << 15U; // 5
constexpr std::uint64_t bind_tcp = 1ULL << 0U;        // 4
constexpr std::uint64_t connect_tcp = 1ULL << 1U;     // 4
constexpr std::uint64_t signals = 1ULL << 1U;         // 6
constexpr int port_rule = 2;                          // 4

struct Ruleset {
    std::uint64_t files = 0;
    std::uint64_t tcp = 0;
    std::uint64_t scopes = 0;
};

struct PortRule {
    std::uint64_t allowed = 0;
    std::uint64_t port = 0;
};

constexpr std::uint64_t read_rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t write_rights = LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_file;
constexpr std::uint64_t fill_rights = write_rights | LANDLOCK_ACCESS_FS_READ_DIR |
                                      LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                      LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE;
/// Of what is no directory.
constexpr std::uint64_t file_rights =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | write_rights | control_device;

constexpr std::uint64_t dns_port = 53;

/// What resolving names, TLS and the C library read.
constexpr std::array system_files{"/usr",
                                  "/lib",
                                  "/lib32",
                                  "/lib64",
                                  "/libx32",
                                  "/etc/ld.so.cache",
                                  "/etc/localtime",
                                  "/etc/hosts",
                                  "/etc/host.conf",
                                  "/etc/resolv.conf",
                                  "/etc/nsswitch.conf",
                                  "/etc/gai.conf",
                                  "/etc/services",
                                  "/etc/protocols",
                                  "/etc/networks",
                                  "/etc/passwd",
                                  "/etc/group",
                                  "/etc/ssl/certs",
                                  "/etc/ssl/openssl.cnf",
                                  "/etc/pki",
                                  "/etc/ca-certificates",
                                  "/etc/crypto-policies",
                                  "/run/systemd",
                                  "/var/lib/sss",
                                  "/proc/self",
                                  "/proc/sys",
                                  "/sys/devices/system/cpu",
                                  "/dev/urandom",
                                  "/dev/random",
                                  "/dev/zero"};

/// Variables whose files and lists of directories OpenSSL and the C library read.
constexpr std::array variables{"SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "OPENSSL_MODULES",
                               "HOSTALIASES"};

/// 0: there is no Landlock, or it is switched off.
int landlock_version()
{
    const auto version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0UL, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : static_cast<int>(version);
}

/// All that this version of the interface can refuse, but for connecting where that is the job.
Ruleset refused_by(const SandboxPlan& plan, int version)
{
    Ruleset all;
    all.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
    if (version >= 2)
        all.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        all.files |= truncate_file;
    if (version >= 4)
        all.tcp = plan.connects ? bind_tcp : bind_tcp | connect_tcp;
    if (version >= 5)
        all.files |= control_device;
    if (version >= 6)
        all.scopes = signals;
    return all;
}

/// Landlock rules in the making. What cannot be allowed (it is not there, it is a pipe) stays
/// refused, or needs no permission.
class Rules {
public:
    explicit Rules(const Ruleset& refused)
        : m_refused(refused), m_fd(static_cast<int>(::syscall(SYS_landlock_create_ruleset,
                                                              &m_refused, sizeof m_refused, 0U)))
    {}

    void allow(const std::string& path, std::uint64_t rights) const
    {
        const Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
        struct stat status{};
        if (!place.valid() || ::fstat(place.ref().value, &status) != 0)
            return;
        rights &= m_refused.files & (S_ISDIR(status.st_mode) ? ~0ULL : file_rights);
        const landlock_path_beneath_attr rule{.allowed_access = rights,
                                              .parent_fd = place.ref().value};
        ::syscall(SYS_landlock_add_rule, m_fd.ref().value, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U);
    }

    void allow_port(std::uint64_t port, std::uint64_t rights) const
    {
        const PortRule rule{.allowed = rights & m_refused.tcp, .port = port};
        ::syscall(SYS_landlock_add_rule, m_fd.ref().value, port_rule, &rule, 0U);
    }

    /// An errno value, 0 when it is done.
    [[nodiscard]] int enforce() const
    {
        return ::syscall(SYS_landlock_restrict_self, m_fd.ref().value, 0U) == 0 ? 0 : errno;
    }

private:
    Ruleset m_refused;
    Fd m_fd;
};

void allow_system(const Rules& rules)
{
    for (const auto* path : system_files)
        rules.allow(path, read_rights);
    for (const auto* path : {"/dev/null", "/dev/tty"})
        rules.allow(path, read_rights | write_rights | control_device);
    for (const auto* path : {"/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"})
        rules.allow(path, read_rights | write_rights | control_device);
    for (const auto* name : variables) {
        const char* value = std::getenv(name);
        std::string_view left = value == nullptr ? "" : value;
        while (!left.empty()) {
            const auto path = left.substr(0, left.find(':'));
            left.remove_prefix(std::min(path.size() + 1, left.size()));
            rules.allow(std::string(path), read_rights);
        }
    }
    // Who writes it replaces it: its directory, where that is its own.
    std::error_code failed;
    const auto resolver = fs::canonical("/etc/resolv.conf", failed);
    if (!failed && resolver.parent_path() != "/etc")
        rules.allow(resolver.parent_path().native(), read_rights);
}

void allow_writing(const Rules& rules, const std::string& path)
{
    std::error_code failed;
    if (fs::is_directory(path, failed))
        return rules.allow(path, fill_rights);
    rules.allow(path, write_rights);
    const auto parent = fs::path(path).parent_path();
    rules.allow(parent.empty() ? "." : parent.native(), fill_rights);
}

int restrict_files(const SandboxPlan& plan, int version)
{
    const Rules rules(refused_by(plan, version));
    allow_system(rules);
    for (const auto& path : plan.readable)
        rules.allow(path, read_rights);
    for (const auto& path : plan.writable)
        allow_writing(rules, path);
    rules.allow_port(dns_port, connect_tcp);
    for (const auto port : plan.bind_ports)
        rules.allow_port(port, bind_tcp);
    return rules.enforce();
}

Result<> check_parts()
{
    std::string missing;
    for (const auto& part : sandbox_parts())
        if (!part.present)
            missing += (missing.empty() ? "" : ", ") + std::string(part.name);
    if (missing.empty())
        return {};
    return Failure(Error::unsupported("sandbox", "what --sandbox=require wants: " + missing));
}

} // namespace

std::vector<SandboxPart> sandbox_parts()
{
    const int version = landlock_version();
    return {{"files", version >= 1},
            {"tcp", version >= 4},
            {"signals", version >= 6},
            {"syscalls", can_filter_syscalls()}};
}

Result<> enter_sandbox(const std::optional<SandboxPlan>& plan)
{
    if (!plan)
        return {};
    if (plan->required)
        TRY(check_parts());
    int failed = ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 ? 0 : errno;
    const int version = landlock_version();
    // One part that fails is no reason to go without the other.
    if (const int files = version > 0 ? restrict_files(*plan, version) : 0; failed == 0)
        failed = files;
    if (const int calls = can_filter_syscalls() ? filter_syscalls() : 0; failed == 0)
        failed = calls;
    if (failed != 0 && plan->required)
        return Failure(Error::from_errno(Phase::Socket, "sandbox", "--sandbox=require", failed));
    return {};
}

} // namespace sockit
