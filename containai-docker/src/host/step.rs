//! A step of setup.

use std::fmt;
use std::path::{Path, PathBuf};

use super::command::Invocation;
use super::container_ids::OWNER;
use super::kernel_limits;
use super::names::SYSTEM_USER;
use super::packages::PackageNeeds;
use super::subordinate::IdRange;
use super::unit::UNIT;

/// A step of setup. Every step is idempotent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Updates the package lists, which a fresh machine lacks.
    RefreshPackageLists,
    /// Installs these packages.
    InstallPackages(Vec<String>),
    /// Installs the needed packages, chosen after the package lists were updated.
    InstallNeeded(PackageNeeds),
    /// Creates the system user and its group.
    MakeSystemUser(AccountGap),
    /// Gives the system user its subordinate ids; `None` leaves the file unchanged.
    GrantIds {
        /// Written to `/etc/subuid`.
        uids: Option<IdRange>,
        /// Written to `/etc/subgid`.
        gids: Option<IdRange>,
    },
    /// Reserves the ids that are divided into one range per container; `None` leaves the file
    /// unchanged.
    ReserveRanges {
        /// Whether the owner of the ids exists.
        has_owner: IdsOwner,
        /// Written to `/etc/subuid`.
        uids: Option<IdRange>,
        /// Written to `/etc/subgid`.
        gids: Option<IdRange>,
    },
    /// Adds a user to the group with access to the engine's socket.
    AdmitUser(String),
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
    RaiseNetwork {
        /// The commands that a dry run shows.
        commands: Vec<String>,
    },
    /// Raises kernel limits.
    RaiseLimits,
    /// Starts the engine.
    StartEngine(Starter),
    /// Restarts the engine to reload its configuration.
    RestartEngine(Starter),
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
pub enum AccountGap {
    /// The user and the group.
    Both,
    /// The user; the group exists.
    User,
    /// The group; the user exists.
    Group,
}

/// The program that starts and supervises the engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Starter {
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
pub enum Detail {
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

impl Step {
    /// Describes the step on one line.
    pub fn describe(&self) -> String {
        match self {
            Self::RefreshPackageLists => "update the package lists".into(),
            Self::InstallPackages(names) => format!("install {}", names.join(", ")),
            Self::InstallNeeded(_) => "install the engine and its dependencies".into(),
            Self::MakeSystemUser(AccountGap::Group) => format!("create group `{SYSTEM_USER}`"),
            Self::MakeSystemUser(_) => format!("create system user `{SYSTEM_USER}`"),
            Self::GrantIds { uids, gids } => {
                let range = uids.or(*gids).map(|range| range.to_string()).unwrap_or_default();
                format!("reserve the ids {range} for containers")
            }
            Self::ReserveRanges { uids, gids, .. } => {
                let range = uids.or(*gids).map(|range| range.to_string()).unwrap_or_default();
                format!("reserve the ids {range}, divided into one range per container")
            }
            Self::AdmitUser(user) => format!("add `{user}` to group `{SYSTEM_USER}`"),
            Self::InstallProgram { runtime, .. } => {
                format!("install the container runtime `{}`", runtime.display())
            }
            Self::WriteFile { what, path, .. } => format!("write {what} `{}`", path.display()),
            Self::RaiseNetwork { .. } => "set up the bridge and the firewall chains".into(),
            Self::RaiseLimits => "raise kernel limits shared by containers".into(),
            Self::StartEngine(starter) => format!("start the engine under {starter}"),
            Self::RestartEngine(starter) => {
                format!("restart the engine under {starter}; containers keep running")
            }
        }
    }

    /// Returns the exact commands and files, in order.
    pub fn details(&self) -> Vec<Detail> {
        match self {
            Self::WriteFile { path, mode, content, .. } => {
                vec![Detail::File { path: path.clone(), mode: *mode, content: content.clone() }]
            }
            Self::RaiseNetwork { commands } => {
                commands.iter().cloned().map(Detail::Command).collect()
            }
            Self::InstallProgram { from, runtime, links } => {
                let (from, runtime) = (from.display(), runtime.display());
                let copy = format!("install -D --mode=755 {from} {runtime}");
                let link = |link: &PathBuf| {
                    format!("ln --symbolic --force containai-runc {}", link.display())
                };
                let commands = std::iter::once(copy).chain(links.iter().map(link));
                commands.map(Detail::Command).collect()
            }
            Self::RaiseLimits => kernel_limits::commands().map(Detail::Command).collect(),
            Self::InstallNeeded(needs) => vec![Detail::Command(needs.to_string())],
            _ => self
                .invocations()
                .iter()
                .map(|invocation| Detail::Command(invocation.to_string()))
                .collect(),
        }
    }

    /// Returns the commands of a step that consists only of commands.
    pub(super) fn invocations(&self) -> Vec<Invocation> {
        match self {
            Self::RefreshPackageLists => vec![super::apt::update()],
            Self::InstallPackages(names) => vec![super::apt::install(names)],
            Self::MakeSystemUser(gap) => vec![make_account(*gap)],
            Self::GrantIds { uids, gids } => vec![grant_ids(SYSTEM_USER, *uids, *gids)],
            Self::ReserveRanges { has_owner, uids, gids } => {
                let make =
                    (*has_owner == IdsOwner::Missing).then(|| useradd(&["--user-group"], OWNER));
                make.into_iter().chain([grant_ids(OWNER, *uids, *gids)]).collect()
            }
            Self::AdmitUser(user) => {
                vec![Invocation::new("usermod", &["--append", "--groups", SYSTEM_USER, user])]
            }
            Self::StartEngine(starter) => starter.start(),
            Self::RestartEngine(starter) => starter.restart(),
            _ => Vec::new(),
        }
    }
}

impl Starter {
    fn start(&self) -> Vec<Invocation> {
        match self {
            Self::Systemd => {
                vec![systemctl(&["daemon-reload"]), systemctl(&["enable", "--now", UNIT])]
            }
            Self::Supervisor { program, root } => vec![supervisor(program, "start", root)],
        }
    }

    fn restart(&self) -> Vec<Invocation> {
        match self {
            Self::Systemd => vec![
                systemctl(&["daemon-reload"]),
                systemctl(&["enable", UNIT]),
                systemctl(&["restart", UNIT]),
            ],
            Self::Supervisor { program, root } => vec![supervisor(program, "restart", root)],
        }
    }
}

fn systemctl(args: &[&str]) -> Invocation {
    Invocation::new("systemctl", args)
}

fn supervisor(program: &Path, verb: &str, root: &Path) -> Invocation {
    Invocation::new(&program.to_string_lossy(), &[verb, &root.to_string_lossy()])
}

impl fmt::Display for Starter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Systemd => "systemd",
            Self::Supervisor { .. } => "ContainAI's supervisor",
        })
    }
}

fn make_account(gap: AccountGap) -> Invocation {
    let group = match gap {
        AccountGap::Group => return Invocation::new("groupadd", &["--system", SYSTEM_USER]),
        AccountGap::Both => &["--user-group"][..],
        AccountGap::User => &["--gid", SYSTEM_USER],
    };
    useradd(group, SYSTEM_USER)
}

fn useradd(group: &[&str], user: &str) -> Invocation {
    let nowhere = ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", user];
    Invocation::new("useradd", &["--system", "--no-create-home"])
        .args(group.iter().copied())
        .args(nowhere)
}

/// Returns the usermod(8) command, which locks the files like all shadow tools and replaces them
/// atomically.
fn grant_ids(owner: &str, uids: Option<IdRange>, gids: Option<IdRange>) -> Invocation {
    let flag = |name: &str, range: Option<IdRange>| {
        range.map(|range| [name.to_owned(), range.to_string()]).into_iter().flatten()
    };
    Invocation::new("usermod", &[])
        .args(flag("--add-subuids", uids))
        .args(flag("--add-subgids", gids))
        .args([owner])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(step: &Step) -> String {
        let details = step.details().into_iter().map(|detail| match detail {
            Detail::Command(command) => format!("$ {command}\n"),
            Detail::File { path, mode, content } => {
                format!("{} {mode:o}\n{content}", path.display())
            }
        });
        format!("{}\n{}", step.describe(), details.collect::<String>())
    }

    #[test]
    fn shows_exact_commands() {
        let range = IdRange { base: 1_000_000, count: 65536 };
        let supervisor =
            Starter::Supervisor { program: "/l/containai-engine".into(), root: "/".into() };
        let steps = [
            Step::RefreshPackageLists,
            Step::InstallPackages(vec!["docker.io".into(), "uidmap".into()]),
            Step::MakeSystemUser(AccountGap::Both),
            Step::MakeSystemUser(AccountGap::User),
            Step::MakeSystemUser(AccountGap::Group),
            Step::GrantIds { uids: Some(range), gids: Some(range) },
            Step::GrantIds { uids: None, gids: Some(range) },
            Step::ReserveRanges {
                has_owner: IdsOwner::Missing,
                uids: Some(range),
                gids: Some(range),
            },
            Step::ReserveRanges { has_owner: IdsOwner::Present, uids: None, gids: Some(range) },
            Step::AdmitUser("me".into()),
            Step::StartEngine(Starter::Systemd),
            Step::RestartEngine(Starter::Systemd),
            Step::StartEngine(supervisor.clone()),
            Step::RestartEngine(supervisor),
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
