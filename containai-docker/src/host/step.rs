//! A step of setup.

use std::fmt;
use std::path::{Path, PathBuf};

use super::apt_command;
use super::command::HostCommand;
use super::engine_names::{CONTAINER_IDS_USER, SYSTEM_USER};
use super::kernel_limits;
use super::packages::PackageNeeds;
use super::subordinate::{IdRange, IdRangeChange};
use super::unit::UNIT;

/// A step of setup. Every step is idempotent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SetupStep {
    /// Updates the package lists, which a fresh machine lacks.
    RefreshPackageLists,
    /// Installs these packages.
    InstallPackages(Vec<String>),
    /// Installs the needed packages, chosen after the package lists were updated.
    InstallNeeded(PackageNeeds),
    /// Creates the system user and its group.
    CreateSystemUser(MissingAccounts),
    /// Gives the system user its subordinate ids; `None` leaves the file unchanged.
    AddSubordinateIds {
        /// Written to `/etc/subuid`.
        uids: Option<IdRangeChange>,
        /// Written to `/etc/subgid`.
        gids: Option<IdRangeChange>,
    },
    /// Reserves the ids that are divided into one range per container; `None` leaves the file
    /// unchanged.
    ReserveContainerIds {
        /// Whether the owner of the ids exists.
        owner: IdsOwner,
        /// Written to `/etc/subuid`.
        uids: Option<IdRange>,
        /// Written to `/etc/subgid`.
        gids: Option<IdRange>,
    },
    /// Adds a user to the group with access to the engine's socket.
    AddUserToGroup(String),
    /// Copies the program to the path of the engine's runtime.
    InstallProgram {
        /// The program.
        from: PathBuf,
        /// Path of the runtime.
        runtime: PathBuf,
        /// Links to the runtime: the supervisor, and the runtime in front of Sysbox.
        links: Vec<PathBuf>,
    },
    /// Writes a file.
    WriteFile {
        /// Description of the file, such as `the engine's configuration`.
        what: &'static str,
        /// Path of the file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Contents of the file.
        content: String,
    },
    /// Brings up the bridge and the firewall chains.
    BringUpNetwork {
        /// The commands that a dry run shows.
        commands: Vec<String>,
    },
    /// Raises kernel limits.
    RaiseLimits,
    /// Starts the engine.
    StartEngine(ServiceManager),
    /// Restarts the engine to reload its configuration.
    RestartEngine(ServiceManager),
}

/// Whether the system user that owns the reserved ids exists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdsOwner {
    /// The user exists.
    Present,
    /// The user must be created.
    Missing,
}

impl From<bool> for IdsOwner {
    fn from(is_there: bool) -> Self {
        if is_there { Self::Present } else { Self::Missing }
    }
}

/// The missing accounts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MissingAccounts {
    /// The user and the group.
    Both,
    /// The user; the group exists.
    User,
    /// The group; the user exists.
    Group,
}

/// The program that starts and supervises the engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ServiceManager {
    /// systemd, at every boot.
    Systemd,
    /// ContainAI's own supervisor, until the machine shuts down.
    Supervisor {
        /// The supervisor program.
        program: PathBuf,
        /// The root of the engine's layout.
        root: PathBuf,
    },
}

/// A detail of a step in a dry run.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StepDetail {
    /// A command line.
    Command(String),
    /// A file with its permission bits and its text.
    File {
        /// Path of the file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Contents of the file.
        content: String,
    },
}

impl SetupStep {
    /// Describes the step on one line.
    pub fn describe(&self) -> String {
        match self {
            Self::RefreshPackageLists => "update the package lists".into(),
            Self::InstallPackages(names) => format!("install {}", names.join(", ")),
            Self::InstallNeeded(_) => "install the engine and its dependencies".into(),
            Self::CreateSystemUser(MissingAccounts::Group) => {
                format!("create group `{SYSTEM_USER}`")
            }
            Self::CreateSystemUser(_) => format!("create system user `{SYSTEM_USER}`"),
            Self::AddSubordinateIds { uids, gids } => {
                let range = uids.or(*gids).map(|change| change.new.to_string());
                format!("reserve the ids {} for containers", range.unwrap_or_default())
            }
            Self::ReserveContainerIds { uids, gids, .. } => {
                let range = uids.or(*gids).map(|range| range.to_string()).unwrap_or_default();
                format!("reserve the ids {range}, divided into one range per container")
            }
            Self::AddUserToGroup(user) => format!("add `{user}` to group `{SYSTEM_USER}`"),
            Self::InstallProgram { runtime, .. } => {
                format!("install the container runtime `{}`", runtime.display())
            }
            Self::WriteFile { what, path, .. } => format!("write {what} `{}`", path.display()),
            Self::BringUpNetwork { .. } => "set up the bridge and the firewall chains".into(),
            Self::RaiseLimits => "raise kernel limits shared by containers".into(),
            Self::StartEngine(starter) => format!("start the engine under {starter}"),
            Self::RestartEngine(starter) => {
                format!("restart the engine under {starter}; containers keep running")
            }
        }
    }

    /// Returns the exact commands and files, in order.
    pub fn details(&self) -> Vec<StepDetail> {
        match self {
            Self::WriteFile { path, mode, content, .. } => {
                vec![StepDetail::File { path: path.clone(), mode: *mode, content: content.clone() }]
            }
            Self::BringUpNetwork { commands } => {
                commands.iter().cloned().map(StepDetail::Command).collect()
            }
            Self::InstallProgram { from, runtime, links } => {
                let (from, runtime) = (from.display(), runtime.display());
                let copy = format!("install -D --mode=755 {from} {runtime}");
                let link = |link: &PathBuf| {
                    format!("ln --symbolic --force containai-runc {}", link.display())
                };
                let commands = std::iter::once(copy).chain(links.iter().map(link));
                commands.map(StepDetail::Command).collect()
            }
            Self::RaiseLimits => kernel_limits::commands().map(StepDetail::Command).collect(),
            Self::InstallNeeded(needs) => vec![StepDetail::Command(needs.to_string())],
            _ => self
                .commands()
                .iter()
                .map(|invocation| StepDetail::Command(invocation.to_string()))
                .collect(),
        }
    }

    /// Returns the commands of a step that consists only of commands.
    pub(super) fn commands(&self) -> Vec<HostCommand> {
        match self {
            Self::RefreshPackageLists => vec![apt_command::update()],
            Self::InstallPackages(names) => vec![apt_command::install(names)],
            Self::CreateSystemUser(gap) => vec![create_account_command(*gap)],
            Self::AddSubordinateIds { uids, gids } => {
                vec![subordinate_ids_command(SYSTEM_USER, *uids, *gids)]
            }
            Self::ReserveContainerIds { owner: has_owner, uids, gids } => {
                let make = (*has_owner == IdsOwner::Missing)
                    .then(|| useradd_command(&["--user-group"], CONTAINER_IDS_USER));
                let add = |range: Option<IdRange>| range.map(IdRangeChange::add);
                make.into_iter()
                    .chain([subordinate_ids_command(CONTAINER_IDS_USER, add(*uids), add(*gids))])
                    .collect()
            }
            Self::AddUserToGroup(user) => {
                vec![HostCommand::new("usermod", &["--append", "--groups", SYSTEM_USER, user])]
            }
            Self::StartEngine(starter) => starter.start_commands(),
            Self::RestartEngine(starter) => starter.restart_commands(),
            _ => Vec::new(),
        }
    }
}

impl ServiceManager {
    fn start_commands(&self) -> Vec<HostCommand> {
        match self {
            Self::Systemd => {
                vec![
                    systemctl_command(&["daemon-reload"]),
                    systemctl_command(&["enable", "--now", UNIT]),
                ]
            }
            Self::Supervisor { program, root } => vec![supervisor_command(program, "start", root)],
        }
    }

    fn restart_commands(&self) -> Vec<HostCommand> {
        match self {
            Self::Systemd => vec![
                systemctl_command(&["daemon-reload"]),
                systemctl_command(&["enable", UNIT]),
                systemctl_command(&["restart", UNIT]),
            ],
            Self::Supervisor { program, root } => {
                vec![supervisor_command(program, "restart", root)]
            }
        }
    }
}

fn systemctl_command(args: &[&str]) -> HostCommand {
    HostCommand::new("systemctl", args)
}

fn supervisor_command(program: &Path, verb: &str, root: &Path) -> HostCommand {
    HostCommand::new(&program.to_string_lossy(), &[verb, &root.to_string_lossy()])
}

impl fmt::Display for ServiceManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Systemd => "systemd",
            Self::Supervisor { .. } => "ContainAI's supervisor",
        })
    }
}

fn create_account_command(gap: MissingAccounts) -> HostCommand {
    let group = match gap {
        MissingAccounts::Group => return HostCommand::new("groupadd", &["--system", SYSTEM_USER]),
        MissingAccounts::Both => &["--user-group"][..],
        MissingAccounts::User => &["--gid", SYSTEM_USER],
    };
    useradd_command(group, SYSTEM_USER)
}

fn useradd_command(group: &[&str], user: &str) -> HostCommand {
    let no_login = ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", user];
    HostCommand::new("useradd", &["--system", "--no-create-home"])
        .args(group.iter().copied())
        .args(no_login)
}

/// Returns the usermod(8) command, which locks the files like all shadow tools and replaces them
/// atomically.
fn subordinate_ids_command(
    owner: &str,
    uids: Option<IdRangeChange>,
    gids: Option<IdRangeChange>,
) -> HostCommand {
    let flag = |name: &str, range: Option<IdRange>| {
        range.map(|range| [name.to_owned(), range.to_string()]).into_iter().flatten()
    };
    let old = |change: Option<IdRangeChange>| change.and_then(|change| change.old);
    let new = |change: Option<IdRangeChange>| change.map(|change| change.new);
    HostCommand::new("usermod", &[])
        .args(flag("--del-subuids", old(uids)))
        .args(flag("--add-subuids", new(uids)))
        .args(flag("--del-subgids", old(gids)))
        .args(flag("--add-subgids", new(gids)))
        .args([owner])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(step: &SetupStep) -> String {
        let details = step.details().into_iter().map(|detail| match detail {
            StepDetail::Command(command) => format!("$ {command}\n"),
            StepDetail::File { path, mode, content } => {
                format!("{} {mode:o}\n{content}", path.display())
            }
        });
        format!("{}\n{}", step.describe(), details.collect::<String>())
    }

    #[test]
    fn shows_exact_commands() {
        let range = IdRange { base: 1_000_000, count: 65536 };
        let widened = IdRangeChange { old: Some(range), new: IdRange { count: 262_144, ..range } };
        let supervisor =
            ServiceManager::Supervisor { program: "/l/containai-engine".into(), root: "/".into() };
        let steps = [
            SetupStep::RefreshPackageLists,
            SetupStep::InstallPackages(vec!["docker.io".into(), "uidmap".into()]),
            SetupStep::CreateSystemUser(MissingAccounts::Both),
            SetupStep::CreateSystemUser(MissingAccounts::User),
            SetupStep::CreateSystemUser(MissingAccounts::Group),
            SetupStep::AddSubordinateIds {
                uids: Some(IdRangeChange::add(range)),
                gids: Some(IdRangeChange::add(range)),
            },
            SetupStep::AddSubordinateIds { uids: None, gids: Some(IdRangeChange::add(range)) },
            SetupStep::AddSubordinateIds { uids: Some(widened), gids: Some(widened) },
            SetupStep::ReserveContainerIds {
                owner: IdsOwner::Missing,
                uids: Some(range),
                gids: Some(range),
            },
            SetupStep::ReserveContainerIds {
                owner: IdsOwner::Present,
                uids: None,
                gids: Some(range),
            },
            SetupStep::AddUserToGroup("me".into()),
            SetupStep::StartEngine(ServiceManager::Systemd),
            SetupStep::RestartEngine(ServiceManager::Systemd),
            SetupStep::StartEngine(supervisor.clone()),
            SetupStep::RestartEngine(supervisor),
        ];
        insta::assert_snapshot!(steps.iter().map(shown).collect::<String>(), @r##"
        update the package lists
        $ apt-get -q -o DPkg::Lock::Timeout=300 -o APT::Status-Fd=1 update
        install docker.io, uidmap
        $ apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o APT::Status-Fd=1 install docker.io uidmap
        create system user `containai`
        $ useradd --system --no-create-home --user-group --home-dir /nonexistent --shell /usr/sbin/nologin containai
        create system user `containai`
        $ useradd --system --no-create-home --gid containai --home-dir /nonexistent --shell /usr/sbin/nologin containai
        create group `containai`
        $ groupadd --system containai
        reserve the ids 1000000-1065535 for containers
        $ usermod --add-subuids 1000000-1065535 --add-subgids 1000000-1065535 containai
        reserve the ids 1000000-1065535 for containers
        $ usermod --add-subgids 1000000-1065535 containai
        reserve the ids 1000000-1262143 for containers
        $ usermod --del-subuids 1000000-1065535 --add-subuids 1000000-1262143 --del-subgids 1000000-1065535 --add-subgids 1000000-1262143 containai
        reserve the ids 1000000-1065535, divided into one range per container
        $ useradd --system --no-create-home --user-group --home-dir /nonexistent --shell /usr/sbin/nologin containai-ids
        $ usermod --add-subuids 1000000-1065535 --add-subgids 1000000-1065535 containai-ids
        reserve the ids 1000000-1065535, divided into one range per container
        $ usermod --add-subgids 1000000-1065535 containai-ids
        add `me` to group `containai`
        $ usermod --append --groups containai me
        start the engine under systemd
        $ systemctl daemon-reload
        $ systemctl enable --now containai-docker.service
        restart the engine under systemd; containers keep running
        $ systemctl daemon-reload
        $ systemctl enable containai-docker.service
        $ systemctl restart containai-docker.service
        start the engine under ContainAI's supervisor
        $ /l/containai-engine start /
        restart the engine under ContainAI's supervisor; containers keep running
        $ /l/containai-engine restart /
        "##);
    }
}
