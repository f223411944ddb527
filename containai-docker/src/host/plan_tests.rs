use containai_core::hint::Advice;

use super::super::accounts::Accounts;
use super::super::facts::InstalledProgram;
use super::super::packages::PackageFacts;
use super::*;

const SYSBOX: IdRange = IdRange { base: 100_000, count: 65536 };
const ROOT: &str = "root:x:0:0:root:/root:/bin/bash\nme:x:1000:1000::/home/me:/bin/sh\n";

/// Returns the facts of a Debian without Docker and without package lists.
fn bare_facts() -> SetupFacts {
    SetupFacts {
        platform: Platform::Debian,
        euid: 0,
        systemd: true,
        kernel: (6, 1),
        fuse: true,
        apparmor: false,
        packages: PackageFacts::default(),
        dockerd: None,
        runc: None,
        accounts: Accounts::parse(ROOT, "root:x:0:\n", "me:100000:65536\n", ""),
        networks: Vec::new(),
        dns: Vec::new(),
        sysbox: SysboxState::NotInstalled,
        sysbox_ids: None,
        record: None,
        daemon_json: None,
        unit: None,
        network_unit: None,
        unit_enabled: false,
        program_is_current: false,
        engine: EngineState::NotResponding,
        network: NetworkState::Missing,
        limits_raised: false,
    }
}

fn options() -> SetupOptions {
    SetupOptions::new("/home/me/.cargo/bin/cai")
}

/// Returns the facts after `plan` was applied.
fn facts_after(mut facts: SetupFacts, plan: &SetupPlan, layout: &EngineLayout) -> SetupFacts {
    for step in &plan.steps {
        let SetupStep::WriteFile { path, content, .. } = step else { continue };
        if *path == layout.record() {
            facts.record = serde_json::from_str(content).ok();
        } else if *path == layout.daemon_json() {
            facts.daemon_json = Some(content.clone());
        } else if *path == layout.unit() {
            facts.unit = Some(content.clone());
        } else if *path == unit::network_path(layout) {
            facts.network_unit = Some(content.clone());
        }
    }
    let all = ["docker.io", "uidmap", "iptables", "iproute2", "ca-certificates", "lxcfs"];
    facts.packages.installed = all.map(str::to_owned).into();
    let version = Version::new("20.10.24+dfsg1");
    facts.dockerd = Some(InstalledProgram { path: "/usr/sbin/dockerd".into(), version });
    let ids = "containai:1000000:262144\ncontainai-ids:2000224256:134217728\n";
    let group = "root:x:0:\ncontainai:x:990:me\n";
    let passwd = format!("{ROOT}containai:x:990:990::/nonexistent:/usr/sbin/nologin\n");
    facts.accounts = Accounts::parse(&passwd, group, ids, ids);
    facts.unit_enabled = facts.systemd;
    facts.program_is_current = true;
    facts.engine = EngineState::Responding;
    facts.network = NetworkState::Ready;
    facts.limits_raised = true;
    facts
}

fn facts_when_set_up(facts: &SetupFacts, layout: &EngineLayout) -> SetupFacts {
    let plan = plan(facts, &options(), layout).expect("a plan");
    facts_after(facts.clone(), &plan, layout)
}

fn described_steps(facts: &SetupFacts, options: &SetupOptions, layout: &EngineLayout) -> String {
    let plan = plan(facts, options, layout).expect("a plan");
    plan.steps.iter().map(|step| step.describe() + "\n").collect()
}

#[test]
fn bare_machine_gets_every_step() {
    let options = SetupOptions { user: Some("me".into()), ..options() };
    insta::assert_snapshot!(described_steps(&bare_facts(), &options, &EngineLayout::default()), @r"
    update the package lists
    install the engine and its dependencies
    create system user `containai`
    reserve the ids 1000000-1262143 for containers
    reserve the ids 2000224256-2134441983, divided into one range per container
    add `me` to group `containai`
    write the setup record `/etc/containai/engine.json`
    write the engine's configuration `/etc/containai/docker/daemon.json`
    write the engine's unit `/etc/systemd/system/containai-docker.service`
    write the network's unit `/etc/systemd/system/containai-network.service`
    install the container runtime `/usr/local/libexec/containai/containai-runc`
    start the engine under systemd
    ");
}

#[test]
fn supervisor_starts_engine_without_systemd() {
    let mut facts = bare_facts();
    facts.systemd = false;
    facts.packages.candidates.insert("docker.io".into(), "20.10".into());
    insta::assert_snapshot!(described_steps(&facts, &options(), &EngineLayout::at("/srv/two")), @r"
    install docker.io, uidmap, iptables, iproute2, ca-certificates
    create system user `containai`
    reserve the ids 1000000-1262143 for containers
    reserve the ids 2000224256-2134441983, divided into one range per container
    write the setup record `/srv/two/etc/containai/engine.json`
    write the engine's configuration `/srv/two/etc/containai/docker/daemon.json`
    install the container runtime `/srv/two/usr/local/libexec/containai/containai-runc`
    start the engine under ContainAI's supervisor
    ");
}

#[test]
fn set_up_host_gets_empty_plan() {
    for (systemd, root) in [(true, "/"), (false, "/"), (true, "/srv/two")] {
        let layout = EngineLayout::at(root);
        let facts = facts_when_set_up(&SetupFacts { systemd, ..bare_facts() }, &layout);
        assert_eq!(described_steps(&facts, &options(), &layout), "", "{root}");
    }
}

#[test]
fn plans_only_missing_steps() {
    let layout = EngineLayout::default();
    let good = facts_when_set_up(&bare_facts(), &layout);
    let check = |break_it: fn(&mut SetupFacts), expected: &str| {
        let mut facts = good.clone();
        break_it(&mut facts);
        assert_eq!(described_steps(&facts, &options(), &layout).trim_end(), expected);
    };
    check(|facts| facts.engine = EngineState::NotResponding, "start the engine under systemd");
    check(
        |facts| facts.network = NetworkState::Missing,
        "set up the bridge and the firewall chains",
    );
    check(
        |facts| facts.daemon_json = Some("{}".into()),
        "write the engine's configuration `/etc/containai/docker/daemon.json`\n\
         restart the engine under systemd; containers keep running",
    );
    check(|facts| facts.limits_raised = false, "raise kernel limits shared by containers");
    check(|facts| facts.unit_enabled = false, "start the engine under systemd");
    check(|facts| facts.engine = EngineState::PermissionDenied, "");
    check(|facts| facts.network = NetworkState::Unknown, "");
    check(
        |facts| facts.program_is_current = false,
        "install the container runtime `/usr/local/libexec/containai/containai-runc`",
    );
}

/// An earlier version gave containers 65,536 ids. Files on disk keep their owners.
#[test]
fn widens_the_range_of_an_earlier_version() {
    let layout = EngineLayout::default();
    let good = facts_when_set_up(&bare_facts(), &layout);
    let steps = |subids: &str| {
        let mut facts = good.clone();
        let passwd = format!("{ROOT}containai:x:990:990::/nonexistent:/usr/sbin/nologin\n");
        facts.accounts = Accounts::parse(&passwd, "containai:x:990:\n", subids, subids);
        let narrow = Some(IdRange { base: 1_000_000, count: 65536 });
        let record = facts.record.as_mut().expect("a record");
        (record.subordinate_uids, record.subordinate_gids) = (narrow, narrow);
        record.container_ids = Some(IdRange { base: 2_000_224_256, count: 67_108_864 });
        described_steps(&facts, &options(), &layout)
    };
    let earlier = "containai:1000000:65536\ncontainai-ids:2000224256:67108864\n";
    insta::assert_snapshot!(steps(earlier), @r"
    reserve the ids 1000000-1262143 for containers
    write the setup record `/etc/containai/engine.json`
    restart the engine under systemd; containers keep running
    ");
    assert_eq!(steps(&format!("{earlier}me:1100000:65536\n")), "", "the ids are taken");
}

#[test]
fn keeps_recorded_decisions() {
    let layout = EngineLayout::default();
    let mut facts = facts_when_set_up(&bare_facts(), &layout);
    // The engine's own bridge is now among the routes, and Sysbox was installed.
    facts.networks = vec![facts.record.as_ref().expect("a record").subnet];
    facts.sysbox = SysboxState::Running;
    facts.sysbox_ids = Some((SYSBOX, SYSBOX));
    assert_eq!(described_steps(&facts, &options(), &layout), "");
    let only = IsolationChoice::Only(Isolation::Sysbox);
    let changed = plan(&facts, &SetupOptions { isolation: only, ..options() }, &layout);
    let changed = changed.expect("a plan");
    assert_eq!(changed.isolation, Isolation::Sysbox);
    let record = facts_after(facts, &changed, &layout).record.expect("a record");
    assert_eq!(record.previous, Some(Isolation::Userns));
    assert_eq!(record.agent_disk_ids(), Some((101_000, 101_000)));
}

#[test]
fn chooses_the_isolation() {
    use SysboxState::{NotInstalled, NotRunning, Running, Unknown};
    let only = IsolationChoice::Only;
    let check = |sysbox, kernel, choice, expected: Result<Isolation, &str>| {
        let facts =
            SetupFacts { sysbox, kernel, sysbox_ids: Some((SYSBOX, SYSBOX)), ..bare_facts() };
        let found = decide_isolation(&facts, choice).map_err(|error| error.to_string());
        let expected = expected.map_err(|reason| format!("no isolation available: {reason}"));
        assert_eq!(found, expected, "{sysbox:?} {kernel:?} {choice:?}");
    };
    let old = "kernel 5.10 does not support idmapped mounts; 5.12 or later is required";
    let dead = "Sysbox is installed, but its services do not respond";
    check(Running, (6, 1), IsolationChoice::Auto, Ok(Isolation::Sysbox));
    check(NotRunning, (6, 1), IsolationChoice::Auto, Ok(Isolation::Userns));
    check(NotRunning, (5, 10), IsolationChoice::Auto, Err(old));
    // Sysbox itself does not need idmapped mounts; the runtime in front of it does.
    check(Running, (5, 10), IsolationChoice::Auto, Err(old));
    check(Running, (5, 10), only(Isolation::Sysbox), Err(old));
    // Root checks again before applying.
    check(Unknown, (6, 1), only(Isolation::Sysbox), Ok(Isolation::Sysbox));
    check(Unknown, (6, 1), IsolationChoice::Auto, Ok(Isolation::Sysbox));
    check(NotRunning, (6, 1), only(Isolation::Sysbox), Err(dead));
    check(NotInstalled, (6, 1), only(Isolation::Sysbox), Err("Sysbox is not installed"));
    check(Running, (6, 1), only(Isolation::Userns), Ok(Isolation::Userns));
    // Without known ids, bind mounts cannot be mapped.
    let without = SetupFacts { sysbox: Running, ..bare_facts() };
    let auto =
        decide_isolation(&without, IsolationChoice::Auto).expect("user namespaces are available");
    assert_eq!(auto, Isolation::Userns);
    let refused = decide_isolation(&without, only(Isolation::Sysbox)).expect_err("no ids");
    let hints =
        |error: &SetupError| error.hints().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(refused.to_string().contains("no range of 65536 ids for `sysbox`"), "{refused}");
    // A recorded choice of Sysbox is kept, and the hints offer the alternative.
    let mut record = EngineRecord::new(
        Isolation::Sysbox,
        "cai0".into(),
        "10.0.0.0/24".parse().expect("a network"),
    );
    record.subordinate_uids = Some(SYSBOX);
    let facts = SetupFacts { sysbox: NotRunning, record: Some(record), ..bare_facts() };
    let refused =
        decide_isolation(&facts, IsolationChoice::Auto).expect_err("Sysbox is not running");
    assert_eq!(
        hints(&refused),
        [
            "run `systemctl restart sysbox` to start its services",
            "run `cai setup --isolation userns` to use user namespaces instead",
        ]
    );
}

#[test]
fn refusals_have_hints() {
    let check = |facts: SetupFacts, options: SetupOptions, expected: &str| {
        let error = plan(&facts, &options, &EngineLayout::default()).expect_err("refused");
        assert_eq!(error.to_string(), expected);
        assert!(!error.hints().is_empty(), "{expected}");
    };
    check(
        SetupFacts { platform: Platform::MacOs, ..bare_facts() },
        options(),
        "setup does not support macOS yet: the engine needs a Linux kernel, \
         and setup cannot create a virtual machine yet",
    );
    let old =
        InstalledProgram { path: "/usr/bin/dockerd".into(), version: Version::new("19.03.8") };
    check(
        SetupFacts { dockerd: Some(old), ..bare_facts() },
        options(),
        "`dockerd` is version 19.03.8, but 20.10 or later is required",
    );
    check(
        bare_facts(),
        SetupOptions { user: Some("no-such-user".into()), ..options() },
        "user `no-such-user` does not exist",
    );
    let all = vec!["0.0.0.0/2".parse().expect("a network"), "128.0.0.0/2".parse().expect("one")];
    check(
        SetupFacts {
            networks: [all, vec!["192.0.0.0/2".parse().expect("one")]].concat(),
            ..bare_facts()
        },
        options(),
        "no free private network for the engine's bridge",
    );
}
