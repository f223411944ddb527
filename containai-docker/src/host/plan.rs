//! Planning the steps that set up a host.

use std::path::PathBuf;

use containai_core::config::IsolationChoice;
use containai_core::engine::Isolation;
use containai_core::layout::EngineLayout;
use containai_core::version::Version;

use super::engine_names::{EngineNames, SYSTEM_USER};
use super::error::{SetupError, SysboxProblem};
use super::executable;
use super::facts::SetupFacts;
use super::network::{Network, NetworkState};
use super::options::SetupOptions;
use super::packages::{PackageNeed, PackageNeeds, choose_packages};
use super::ping::{EngineState, SysboxState};
use super::platform::Platform;
use super::record::EngineRecord;
use super::step::{MissingAccounts, ServiceManager, SetupStep};
use super::subnet::Subnet;
use super::subordinate::{IdRange, IdRangeChange, SubordinateEntry, find_range};
use super::unit;
use super::{container_ids, daemon_json};

/// The steps of setup, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SetupPlan {
    /// The chosen isolation.
    pub isolation: Isolation,
    /// The steps; empty if the host is set up.
    pub steps: Vec<SetupStep>,
}

/// Plans the steps that set up the host.
///
/// # Errors
///
/// - [`SetupError::Unsupported`] on an unsupported platform
/// - [`SetupError::NoIsolation`], [`SetupError::Sysbox`], [`SetupError::TooOld`],
///   [`SetupError::NoSubnet`], [`SetupError::NoSubordinateIds`] or [`SetupError::NoSuchUser`] if a
///   requirement is missing
pub fn plan(
    facts: &SetupFacts,
    options: &SetupOptions,
    layout: &EngineLayout,
) -> Result<SetupPlan, SetupError> {
    check_platform(&facts.platform)?;
    check_versions(facts)?;
    let isolation = decide_isolation(facts, options.isolation)?;
    let (account_steps, ids) = plan_accounts(facts, isolation)?;
    let record = decide_record(facts, layout, isolation, &ids)?;
    let mut steps = plan_packages(facts);
    steps.extend(account_steps);
    steps.extend(plan_group_membership(facts, options)?);
    steps.extend(plan_files(facts, options, layout, &record));
    steps.extend(plan_start(facts, layout, &record, &steps));
    Ok(SetupPlan { isolation, steps })
}

fn check_platform(platform: &Platform) -> Result<(), SetupError> {
    let (missing, instead) = match platform {
        Platform::Debian => return Ok(()),
        Platform::OtherLinux(_) => (
            "packages can be installed only with apt",
            "use a Debian or Ubuntu machine, or connect to one with `--docker-host ssh://user@host`",
        ),
        Platform::Wsl2 => (
            "the engine and its network are untested under WSL2",
            "use a Debian or Ubuntu machine, or connect to one with `--docker-host ssh://user@host`",
        ),
        Platform::MacOs => (
            "the engine needs a Linux kernel, and setup cannot create a virtual machine yet",
            "connect to a Debian or Ubuntu machine with `--docker-host ssh://user@host`",
        ),
    };
    Err(SetupError::Unsupported { platform: platform.clone(), missing, alternative: instead })
}

/// Checks the versions of installed programs. Packages yet to be installed come from a supported
/// distribution and are recent enough.
fn check_versions(facts: &SetupFacts) -> Result<(), SetupError> {
    let checks = [("dockerd", &facts.dockerd, "20.10"), ("runc", &facts.runc, "1.1")];
    for (program, found, needed) in checks {
        let too_old = found.as_ref().filter(|it| Version::new(needed).is_newer_than(&it.version));
        if let Some(it) = too_old {
            return Err(SetupError::TooOld { program, found: it.version.to_string(), needed });
        }
    }
    Ok(())
}

/// Chooses the isolation; there is no fallback below user namespaces. Sysbox requires idmapped
/// mounts too, because the runtime in front of it maps bind mounts.
fn decide_isolation(facts: &SetupFacts, choice: IsolationChoice) -> Result<Isolation, SetupError> {
    let recorded = facts.record.as_ref().map(|record| record.isolation);
    let wanted = match choice {
        IsolationChoice::Auto => recorded,
        IsolationChoice::Only(isolation) => Some(isolation),
    };
    match wanted {
        Some(Isolation::Sysbox) => require_sysbox(facts),
        Some(Isolation::Userns) => require_userns(facts),
        None => require_sysbox(facts).or_else(|_| require_userns(facts)),
    }
}

fn require_sysbox(facts: &SetupFacts) -> Result<Isolation, SetupError> {
    require_idmapped_mounts(facts)?;
    let problem = match facts.sysbox {
        // An unprivileged user only plans; root checks again before applying.
        SysboxState::Running | SysboxState::Unknown => match facts.sysbox_ids {
            Some(_) => return Ok(Isolation::Sysbox),
            None => SysboxProblem::NoIdRange,
        },
        SysboxState::NotInstalled => SysboxProblem::NotInstalled,
        SysboxState::NotRunning => SysboxProblem::NotRunning,
    };
    Err(SetupError::Sysbox { problem })
}

fn require_userns(facts: &SetupFacts) -> Result<Isolation, SetupError> {
    require_idmapped_mounts(facts).map(|()| Isolation::Userns)
}

/// Both isolations need idmapped mounts, which prevent containers from creating files owned by the
/// host's root.
fn require_idmapped_mounts(facts: &SetupFacts) -> Result<(), SetupError> {
    let (major, minor) = facts.kernel;
    if facts.kernel < (5, 12) {
        let reason = format!(
            "kernel {major}.{minor} does not support idmapped mounts; 5.12 or later is required"
        );
        return Err(SetupError::NoIsolation { reason });
    }
    Ok(())
}

fn plan_packages(facts: &SetupFacts) -> Vec<SetupStep> {
    let needs = PackageNeeds {
        engine: PackageNeed::when(facts.dockerd.is_none()),
        lxcfs: PackageNeed::when(facts.fuse),
        apparmor: PackageNeed::when(facts.apparmor),
    };
    let candidates = &facts.packages.candidates;
    let listed = ["docker-ce", "docker.io"].iter().any(|name| candidates.contains_key(*name));
    let names = choose_packages(&facts.packages, needs);
    if names.is_empty() {
        Vec::new()
    } else if listed {
        vec![SetupStep::InstallPackages(names)]
    } else {
        vec![SetupStep::RefreshPackageLists, SetupStep::InstallNeeded(needs)]
    }
}

type OptionalIdRange = Option<IdRange>;

/// The ids for the record.
#[derive(Default)]
struct RecordedIds {
    uids: OptionalIdRange,
    gids: OptionalIdRange,
    containers: OptionalIdRange,
}

fn plan_accounts(
    facts: &SetupFacts,
    isolation: Isolation,
) -> Result<(Vec<SetupStep>, RecordedIds), SetupError> {
    let accounts = &facts.accounts;
    let gap = match (accounts.has_user(SYSTEM_USER), accounts.group(SYSTEM_USER)) {
        (true, Some(_)) => None,
        (true, None) => Some(MissingAccounts::Group),
        (false, Some(_)) => Some(MissingAccounts::User),
        (false, None) => Some(MissingAccounts::Both),
    };
    let mut steps: Vec<_> = gap.map(SetupStep::CreateSystemUser).into_iter().collect();
    if isolation == Isolation::Sysbox {
        let ids = facts.sysbox_ids.map_or_else(RecordedIds::default, |(uids, gids)| RecordedIds {
            uids: Some(uids),
            gids: Some(gids),
            containers: None,
        });
        return Ok((steps, ids));
    }
    // The same range in both files is easier to read in `ls -n`.
    let both: Vec<_> = [accounts.taken_uids(), accounts.taken_gids()].concat();
    let decide = |entries: &[SubordinateEntry], file| {
        let old = find_range(entries, SYSTEM_USER);
        let new = match old {
            Some(old) => old.widened(&both).unwrap_or(old),
            None => IdRange::choose(&both).ok_or(SetupError::NoSubordinateIds { file })?,
        };
        Ok::<_, SetupError>((new, (old != Some(new)).then_some(IdRangeChange { old, new })))
    };
    let (uids, new_uids) = decide(&accounts.subuids, "/etc/subuid")?;
    let (gids, new_gids) = decide(&accounts.subgids, "/etc/subgid")?;
    if new_uids.or(new_gids).is_some() {
        steps.push(SetupStep::AddSubordinateIds { uids: new_uids, gids: new_gids });
    }
    let (containers, step) = container_ids::plan(accounts, [uids, gids]);
    steps.extend(step);
    Ok((steps, RecordedIds { uids: Some(uids), gids: Some(gids), containers }))
}

fn plan_group_membership(
    facts: &SetupFacts,
    options: &SetupOptions,
) -> Result<Option<SetupStep>, SetupError> {
    let Some(user) = options.user.as_ref().filter(|user| *user != "root") else {
        return Ok(None);
    };
    if !facts.accounts.has_user(user) {
        return Err(SetupError::NoSuchUser { user: user.clone() });
    }
    let group = facts.accounts.group(SYSTEM_USER);
    let member = group.is_some_and(|group| group.members.contains(user));
    Ok((!member).then(|| SetupStep::AddUserToGroup(user.clone())))
}

fn decide_record(
    facts: &SetupFacts,
    layout: &EngineLayout,
    isolation: Isolation,
    ids: &RecordedIds,
) -> Result<EngineRecord, SetupError> {
    let names = EngineNames::of(layout);
    let choose =
        || Subnet::choose(&facts.networks, names.subnet_offset()).ok_or(SetupError::NoSubnet);
    let mut record = match &facts.record {
        Some(record) => record.clone(),
        None => EngineRecord::new(isolation, names.bridge(), choose()?),
    };
    if record.isolation != isolation {
        record.previous = Some(record.isolation);
    }
    record.isolation = isolation;
    record.subordinate_uids = ids.uids;
    record.subordinate_gids = ids.gids;
    record.container_ids = ids.containers;
    Ok(record)
}

/// Plans the files to write. The record comes first, so that an interrupted setup keeps its
/// decisions in the next run.
fn plan_files(
    facts: &SetupFacts,
    options: &SetupOptions,
    layout: &EngineLayout,
    record: &EngineRecord,
) -> Vec<SetupStep> {
    let mut steps = Vec::new();
    let mut write = |what, path, content, had: bool| {
        if !had {
            steps.push(SetupStep::WriteFile { what, path, mode: 0o644, content });
        }
    };
    let known = facts.record.as_ref() == Some(record);
    write("the setup record", layout.record(), record.render(), known);
    let config = daemon_json::render(layout, record.isolation, &facts.dns);
    let known = facts.daemon_json.as_ref() == Some(&config);
    write("the engine's configuration", layout.daemon_json(), config, known);
    if uses_systemd(facts, layout) {
        let unit = unit::render(layout);
        let known = facts.unit.as_ref() == Some(&unit);
        write("the engine's unit", layout.unit(), unit, known);
        let unit = unit::render_network(layout);
        let known = facts.network_unit.as_ref() == Some(&unit);
        write("the network's unit", unit::network_path(layout), unit, known);
    }
    if !facts.program_is_current {
        steps.push(SetupStep::InstallProgram {
            from: options.program.clone(),
            runtime: layout.runtime(),
            links: executable::link_paths(layout).into(),
        });
    }
    steps
}

fn plan_start(
    facts: &SetupFacts,
    layout: &EngineLayout,
    record: &EngineRecord,
    before: &[SetupStep],
) -> Vec<SetupStep> {
    let systemd = uses_systemd(facts, layout);
    let starter = if systemd {
        ServiceManager::Systemd
    } else {
        ServiceManager::Supervisor { program: layout.supervisor(), root: layout.root().to_owned() }
    };
    let rewritten = |path: PathBuf| {
        before
            .iter()
            .any(|step| matches!(step, SetupStep::WriteFile { path: it, .. } if *it == path))
    };
    let running = facts.engine != EngineState::NotResponding;
    let mut steps = Vec::new();
    // A starting engine raises the limits and brings up its network itself.
    if running && !facts.limits_raised {
        steps.push(SetupStep::RaiseLimits);
    }
    if running && facts.network == NetworkState::Missing {
        let commands = Network::new(layout, record.subnet).commands();
        steps.push(SetupStep::BringUpNetwork { commands });
    }
    let units = [layout.unit(), unit::network_path(layout)];
    let new_unit = systemd && units.into_iter().any(&rewritten);
    // The engine reads its ids when it starts.
    let new_ids = before.iter().any(|step| matches!(step, SetupStep::AddSubordinateIds { .. }));
    if running && (rewritten(layout.daemon_json()) || new_unit || new_ids) {
        steps.push(SetupStep::RestartEngine(starter));
    } else if !running || systemd && !facts.unit_enabled {
        steps.push(SetupStep::StartEngine(starter));
    }
    steps
}

/// Returns whether systemd starts the engine. There is only one unit, for the engine at `/`.
fn uses_systemd(facts: &SetupFacts, layout: &EngineLayout) -> bool {
    facts.systemd && *layout == EngineLayout::default()
}
#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
