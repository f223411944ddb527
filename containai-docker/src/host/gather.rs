//! Gathering [`SetupFacts`] from the host.

use std::fs;
use std::path::Path;
use std::time::Duration;

use containai_core::layout::EngineLayout;

use super::accounts::Accounts;
use super::apt;
use super::command::{Invocation, find_program};
use super::error::SetupError;
use super::facts::{HostFacts, Installed, needed_dns, parse_kernel, parse_version};
use super::file;
use super::kernel_limits;
use super::network::{Network, NetworkState};
use super::packages::PackageFacts;
use super::ping::{SysboxState, ping, probe_sysbox};
use super::platform::Platform;
use super::program;
use super::record::EngineRecord;
use super::routes::{parse_fib_trie, parse_name_servers};
use super::subnet::Subnet;
use super::unit::{self, UNIT};
use crate::sysbox::SysboxFiles;

/// Time limit for the answer of a running engine.
const PATIENCE: Duration = Duration::from_secs(2);

impl HostFacts {
    /// Gathers the facts without changing the host. `program` is the program to install.
    ///
    /// # Errors
    ///
    /// [`SetupError::InvalidRecord`] and [`SetupError::File`] if a file of ContainAI is invalid or
    /// cannot be read. Any other fact that cannot be determined is treated as absent.
    pub fn gather(layout: &EngineLayout, program: &Path) -> Result<Self, SetupError> {
        let platform = platform();
        let sysbox = SysboxFiles::of(layout.root());
        let record = EngineRecord::read(layout)?;
        let network = record
            .as_ref()
            .map_or(NetworkState::Missing, |record| Network::new(layout, record.subnet).state());
        Ok(Self {
            euid: nix::unistd::geteuid().as_raw(),
            systemd: Path::new("/run/systemd/system").exists(),
            kernel: parse_kernel(&text("/proc/sys/kernel/osrelease")),
            fuse: Path::new("/dev/fuse").exists(),
            apparmor: text("/sys/module/apparmor/parameters/enabled").starts_with('Y'),
            packages: packages(&platform),
            dockerd: installed("dockerd"),
            runc: installed("runc"),
            accounts: accounts(),
            networks: networks(),
            dns: dns(),
            sysbox: sysbox_state(layout),
            sysbox_ids: sysbox.ids().ok().flatten().map(|ids| (ids.uids, ids.gids)),
            daemon_json: file::read_optional(&layout.daemon_json())?,
            unit: file::read_optional(&layout.unit())?,
            network_unit: file::read_optional(&unit::network_path(layout))?,
            unit_enabled: Invocation::new("systemctl", &["is-enabled", "--quiet", UNIT]).succeeds(),
            program_current: program::is_current(layout, program),
            engine: ping(&layout.socket(), PATIENCE),
            platform,
            record,
            network,
            limits_raised: kernel_limits::are_raised(),
        })
    }
}

/// Returns the state of the Sysbox services that the engine at `layout` uses.
pub fn sysbox_state(layout: &EngineLayout) -> SysboxState {
    let sysbox = SysboxFiles::of(layout.root());
    probe_sysbox(&sysbox.sockets(), sysbox.runtime().is_some())
}

fn platform() -> Platform {
    if cfg!(target_os = "macos") {
        return Platform::MacOs;
    }
    Platform::of_linux(&text("/etc/os-release"), &text("/proc/version"))
}

fn packages(platform: &Platform) -> PackageFacts {
    match platform {
        Platform::Debian => apt::facts(),
        _ => PackageFacts::default(),
    }
}

fn installed(name: &str) -> Option<Installed> {
    let path = find_program(name)?;
    let output = Invocation::new(&path.to_string_lossy(), &["--version"]).run();
    Some(Installed { path, version: parse_version(&output.unwrap_or_default()) })
}

pub(super) fn accounts() -> Accounts {
    Accounts::parse(
        &text("/etc/passwd"),
        &text("/etc/group"),
        &text("/etc/subuid"),
        &text("/etc/subgid"),
    )
}

fn networks() -> Vec<Subnet> {
    let servers = parse_name_servers(&text("/etc/resolv.conf"));
    let servers = servers.into_iter().map(|server| Subnet::new(server, 32));
    parse_fib_trie(&text("/proc/net/fib_trie")).into_iter().chain(servers).collect()
}

fn dns() -> Vec<std::net::Ipv4Addr> {
    let servers = |path: &str| parse_name_servers(&text(path));
    needed_dns(
        &servers("/etc/resolv.conf"),
        &servers("/run/systemd/resolve/resolv.conf"),
        &servers("/run/NetworkManager/no-stub-resolv.conf"),
    )
}

/// Reads a file; empty if it cannot be read.
fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
