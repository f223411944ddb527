//! Gathering [`SetupFacts`] from the host.

use std::fs;
use std::path::Path;
use std::time::Duration;

use containai_core::layout::EngineLayout;

use super::accounts::Accounts;
use super::apt;
use super::command::{HostCommand, find_program};
use super::error::SetupError;
use super::executable;
use super::facts::{InstalledProgram, SetupFacts, needed_dns, parse_kernel, parse_version};
use super::file;
use super::kernel_limits;
use super::network::{Network, NetworkState};
use super::options::SetupOptions;
use super::packages::PackageFacts;
use super::ping::{SysboxState, ping, probe_sysbox};
use super::platform::Platform;
use super::record::EngineRecord;
use super::routes::{parse_fib_trie, parse_name_servers};
use super::subnet::Subnet;
use super::sysbox_files::SysboxFiles;
use super::unit::{self, UNIT};

/// The socket of the host's own engine.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";
/// Time limit for the answer of a running engine.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

impl SetupFacts {
    /// Gathers the facts for these options without changing the host.
    ///
    /// # Errors
    ///
    /// [`SetupError::InvalidRecord`] and [`SetupError::File`] if a file of ContainAI is invalid or
    /// cannot be read. Any other fact that cannot be determined is treated as absent.
    pub fn gather(layout: &EngineLayout, options: &SetupOptions) -> Result<Self, SetupError> {
        let platform = platform();
        let sysbox = SysboxFiles::at(layout.root());
        let record = EngineRecord::read(layout)?;
        let network = record
            .as_ref()
            .map_or(NetworkState::Missing, |record| Network::new(layout, record.subnet).state());
        Ok(Self {
            euid: nix::unistd::geteuid().as_raw(),
            systemd: Path::new("/run/systemd/system").exists(),
            kernel: parse_kernel(&read_or_empty("/proc/sys/kernel/osrelease")),
            fuse: Path::new("/dev/fuse").exists(),
            apparmor: read_or_empty("/sys/module/apparmor/parameters/enabled").starts_with('Y'),
            packages: packages(&platform),
            dockerd: find_installed("dockerd"),
            docker_client: find_program("docker").is_some(),
            docker_socket: ping(Path::new(DOCKER_SOCKET), PING_TIMEOUT),
            runc: find_installed("runc"),
            accounts: accounts_with(options.user.as_deref()),
            networks: networks(),
            dns: dns(),
            sysbox: sysbox_state(layout),
            sysbox_ids: sysbox.ids().ok().flatten().map(|ids| (ids.uids, ids.gids)),
            daemon_json: file::read_optional(&layout.daemon_json())?,
            unit: file::read_optional(&layout.unit())?,
            network_unit: file::read_optional(&unit::network_path(layout))?,
            unit_enabled: HostCommand::new("systemctl", &["is-enabled", "--quiet", UNIT])
                .succeeds(),
            program_is_current: executable::is_current(layout, &options.program),
            engine: ping(&layout.socket(), PING_TIMEOUT),
            platform,
            record,
            network,
            limits_raised: kernel_limits::are_raised(),
        })
    }
}

/// Returns the state of the Sysbox services that the engine at `layout` uses.
pub fn sysbox_state(layout: &EngineLayout) -> SysboxState {
    let sysbox = SysboxFiles::at(layout.root());
    probe_sysbox(&sysbox.socket_dir(), sysbox.runtime().is_some())
}

fn platform() -> Platform {
    if cfg!(target_os = "macos") {
        return Platform::MacOs;
    }
    Platform::of_linux(&read_or_empty("/etc/os-release"), &read_or_empty("/proc/version"))
}

fn packages(platform: &Platform) -> PackageFacts {
    match platform {
        Platform::Debian => apt::package_facts(),
        _ => PackageFacts::default(),
    }
}

fn find_installed(name: &str) -> Option<InstalledProgram> {
    let path = find_program(name)?;
    let output = HostCommand::new(&path.to_string_lossy(), &["--version"]).run();
    Some(InstalledProgram { path, version: parse_version(&output.unwrap_or_default()) })
}

/// Returns the accounts, with `user` even if it is in a directory such as LDAP and not in a file.
fn accounts_with(user: Option<&str>) -> Accounts {
    let mut accounts = accounts();
    if let Some(user) = user.filter(|user| !accounts.has_user(user)) {
        let line = HostCommand::new("getent", &["passwd", "--", user]).run().unwrap_or_default();
        accounts.users.extend(Accounts::parse(&line, "", "", "").users);
    }
    accounts
}

pub(super) fn accounts() -> Accounts {
    Accounts::parse(
        &read_or_empty("/etc/passwd"),
        &read_or_empty("/etc/group"),
        &read_or_empty("/etc/subuid"),
        &read_or_empty("/etc/subgid"),
    )
}

fn networks() -> Vec<Subnet> {
    let servers = parse_name_servers(&read_or_empty("/etc/resolv.conf"));
    let servers = servers.into_iter().map(|server| Subnet::new(server, 32));
    parse_fib_trie(&read_or_empty("/proc/net/fib_trie")).into_iter().chain(servers).collect()
}

fn dns() -> Vec<std::net::Ipv4Addr> {
    let servers = |path: &str| parse_name_servers(&read_or_empty(path));
    needed_dns(
        &servers("/etc/resolv.conf"),
        &servers("/run/systemd/resolve/resolv.conf"),
        &servers("/run/NetworkManager/no-stub-resolv.conf"),
    )
}

/// Reads a file; empty if it cannot be read.
fn read_or_empty(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
