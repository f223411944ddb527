//! Containers whose root prevents their end.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use containai_tests::{Engine, Person, Repository};
use serde_json::{Value, json};

/// The time to end a container that the service manager inside cannot shut down: it is killed after
/// a timeout of 100 seconds.
const KILL_TIMEOUT: Duration = Duration::from_secs(150);
/// The time to end a container that shuts down cleanly.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs a script as the container's root, detached from the session. It has to create `/run/ready`
/// when its attack is in place.
fn run_attack(person: &Person<'_>, repository: &Repository, attack: &str) {
    person.run(repository, "true").success();
    fs::write(repository.path().join("trick"), attack).expect("a file can be written");
    let start = "sudo setsid --fork sh /home/agent/workspace/trick >/run/trick.log 2>&1 </dev/null
        for _ in $(seq 1200); do [ -e /run/ready ] && exit; sleep .1; done
        cat /run/trick.log; exit 9";
    let start = format!("sudo chmod 1777 /run; {start}");
    person.exec(repository, &start).success();
}

/// Runs the attack and ends the container within the given time.
#[track_caller]
fn check_ends_within(attack: &str, args: &[&str], within: Duration) {
    let person = Person::new();
    let repository = person.repository("unwilling");
    run_attack(&person, &repository, attack);
    let old = person.container(repository.path());
    let begin = Instant::now();
    person.cai(args).current_dir(&repository).timeout(within).run().success();
    assert!(begin.elapsed() < within, "it took {:?}: {attack}", begin.elapsed());
    let pid = old["State"]["Pid"].as_i64().expect("a process id");
    let cgroup = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let id = old["Id"].as_str().expect("an id");
    assert!(!cgroup.contains(id), "its first process is still there");
    let left =
        Command::new("find").args(["/sys/fs/cgroup", "-maxdepth", "4", "-name", id]).output();
    assert_eq!(
        String::from_utf8_lossy(&left.expect("find").stdout),
        "",
        "no control group is left"
    );
    // The next container of the workspace works.
    person.run(&repository, "true").success();
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    person.cai(["gc", "--force", "--age", "0h"]).run().success();
}

/// Freezes the container where its root can: cgroup v1 has a hierarchy for it.
const FREEZE: &str = "
    if [ -d /sys/fs/cgroup/freezer ]; then top=/sys/fs/cgroup/freezer; file=freezer.state; on=FROZEN
    else top=/sys/fs/cgroup; file=cgroup.freeze; on=1; fi
    mkdir -p $top/ice
    echo 1 > $top/ice/cgroup.procs
    echo $on > $top/ice/$file
";

#[test]
fn frozen_container_is_stopped() {
    check_ends_within(&format!("{FREEZE} : > /run/ready"), &["stop"], SHUTDOWN_TIMEOUT);
}

#[test]
fn frozen_container_is_removed() {
    check_ends_within(&format!("{FREEZE} : > /run/ready"), &["stop", "--remove"], SHUTDOWN_TIMEOUT);
}

#[test]
fn frozen_container_is_recreated() {
    let fresh = ["run", "--image", "base", "--fresh", "--", "true"];
    check_ends_within(&format!("{FREEZE} : > /run/ready"), &fresh, SHUTDOWN_TIMEOUT);
}

#[test]
fn frozen_container_is_removed_by_force_at_once() {
    let person = Person::new();
    let repository = person.repository("frozen");
    run_attack(&person, &repository, &format!("{FREEZE} : > /run/ready"));
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    let begin = Instant::now();
    person.api().delete(&format!("/containers/{id}?force=1"));
    assert!(person.api().container(&id).is_none(), "Docker's own removal");
    assert!(begin.elapsed() < Duration::from_secs(20), "it took {:?}", begin.elapsed());
}

/// Each attack lasts until the container is killed. Every shutdown takes its whole timeout, so they
/// run at the same time.
#[test]
fn container_that_does_not_shut_down_is_killed() {
    let tricks = [
        // A process of its own freezes the first one again and again.
        format!("{FREEZE} : > /run/ready; while :; do echo $on > $top/ice/$file; done"),
        // The action of the signal is unavailable.
        "systemctl mask --runtime halt.target systemd-halt.service; : > /run/ready".to_owned(),
        // A service ignores its stop.
        "printf '[Service]\\nExecStart=sleep infinity\\nExecStop=sleep infinity\\n\
         TimeoutStopSec=infinity\\n' > /run/systemd/system/stays.service
         systemctl daemon-reload; systemctl start stays; : > /run/ready"
            .to_owned(),
        // The first process is stopped by a debugger (ptrace(2), PTRACE_ATTACH), which is stopped
        // by a signal.
        "exec perl -e 'syscall(101, 16, 1, 0, 0) == 0 or die $!; open F, q(>/run/ready); \
         close F; kill STOP => $$; sleep 1000'"
            .to_owned(),
    ];
    thread::scope(|scope| {
        for attack in &tricks {
            scope.spawn(move || check_ends_within(attack, &["stop"], KILL_TIMEOUT));
        }
    });
}

/// A process waits in the kernel for a disk that the container's root has throttled to a byte a
/// second.
#[test]
fn container_with_throttled_disk_is_stopped() {
    let attack = "
        device=$(awk '$5 == \"/mnt/agent-data\" { print $3 }' /proc/self/mountinfo)
        # Throttles are those of the whole disk.
        disk=/sys/dev/block/$device; [ -e $disk/partition ] && device=$(cat $disk/../dev)
        top=/sys/fs/cgroup/blkio
        if [ -d $top ]; then
            mkdir $top/slow
            echo \"$device 1\" > $top/slow/blkio.throttle.write_bps_device || exit
            echo $$ > $top/slow/cgroup.procs
        fi
        dd if=/dev/zero of=/mnt/agent-data/slow bs=1M count=4 oflag=direct &
        sleep 1; : > /run/ready";
    check_ends_within(attack, &["stop"], SHUTDOWN_TIMEOUT);
}

/// The first process gets a thousandth of the processor.
#[test]
fn container_with_starved_init_is_stopped() {
    let attack = "
        top=/sys/fs/cgroup/cpu
        if [ -d $top ]; then
            mkdir $top/hungry
            echo 1000000 > $top/hungry/cpu.cfs_period_us
            echo 1000 > $top/hungry/cpu.cfs_quota_us || exit
            for pid in $(cat $top/cgroup.procs $top/*/cgroup.procs); do
                [ $pid = $$ ] || echo $pid > $top/hungry/cgroup.procs
            done
        fi
        if [ -d /sys/fs/cgroup/pids ]; then
            mkdir /sys/fs/cgroup/pids/none; echo 0 > /sys/fs/cgroup/pids/none/pids.max
            echo 1 > /sys/fs/cgroup/pids/none/cgroup.procs
        fi
        : > /run/ready";
    check_ends_within(attack, &["stop", "--remove"], KILL_TIMEOUT);
}

/// Nested groups beyond the longest path, and very many of them.
#[test]
fn container_with_many_nested_groups_is_removed() {
    let attack = "
        [ -d /sys/fs/cgroup/freezer ] && cd /sys/fs/cgroup/freezer || cd /sys/fs/cgroup
        perl -e 'my $n = q(n) x 200; for (1..60) { mkdir $n or die $!; chdir $n or die $! }'
        perl -e 'mkdir qq(group$_) or die $! for 1..3000'
        : > /run/ready";
    check_ends_within(attack, &["stop", "--remove"], SHUTDOWN_TIMEOUT);
}

/// A program serves a file system, reads a request and never answers, while another waiting one
/// holds the file system's descriptor, too.
#[test]
fn container_with_a_hanging_file_system_is_stopped() {
    let attack = r#"exec perl -e '
        mkdir q(/run/fuse);
        open my $f, q(+<), q(/dev/fuse) or die $!;
        my $options = q(fd=) . fileno($f) . q(,rootmode=40000,user_id=0,group_id=0);
        syscall(165, my $s = "x", my $d = "/run/fuse", my $t = "fuse", 0, $options) == 0 or die $!;
        sysread $f, my $init, 65536 or die $!;
        my ($length, $opcode, $unique) = unpack q(LLQ), $init;
        my $reply = pack q(LLLLSSL), 7, 31, 0, 0, 0, 0, 4096;
        $reply .= qq(\0) x (64 - length $reply);
        syswrite $f, pack(q(LlQ), 16 + length $reply, 0, $unique) . $reply or die $!;
        if (!fork) { stat q(/run/fuse/file); exit }
        sysread $f, my $lookup, 65536 or die $!;
        open F, q(>), q(/run/ready); close F;
        sleep 1000'"#;
    check_ends_within(attack, &["stop"], SHUTDOWN_TIMEOUT + KILL_TIMEOUT);
}

/// The engine cannot record the end of the container.
#[test]
fn container_that_filled_the_disk_is_removed() {
    let engine = Engine::isolated("brim");
    let store = engine.layout().data_root();
    fs::create_dir_all(&store).expect("a directory can be made");
    let mount = ["-t", "tmpfs", "-o", "size=64m", "containai-tests"];
    let mounted = Command::new("mount").args(mount).arg(&store).status().expect("mount");
    assert!(mounted.success());
    engine.set_up();
    crate::foreign_engine::import_web(&engine.api(), &engine.root().join("image"));
    let person = Person::on(&engine);
    let body = json!({
        "Image": "web:latest",
        "Cmd": ["/bin/busybox", "sh", "-c", "trap exit 37; cat /dev/zero > /full; sleep 1000 & wait"],
        "Labels": { "containai.managed": "true", "containai.workspace": "/w" },
        "HostConfig": { "Runtime": "containai-runc" },
    });
    engine.api().post("/containers/create?name=greedy", &body);
    engine.api().post("/containers/greedy/start", &Value::Null);
    containai_tests::wait_until(Duration::from_secs(60), "the disk is full", || {
        let df = Command::new("df").args(["--output=avail"]).arg(&store).output().expect("df");
        let text = String::from_utf8_lossy(&df.stdout).into_owned();
        (text.lines().last()?.trim() == "0").then_some(())
    });
    let begin = Instant::now();
    person.cai(["stop", "--remove", "--container", "greedy"]).run().success();
    assert!(begin.elapsed() < SHUTDOWN_TIMEOUT, "it took {:?}", begin.elapsed());
    assert!(engine.api().container("greedy").is_none());
    let stop = Command::new(engine.layout().supervisor()).arg("stop").arg(engine.root()).output();
    stop.expect("the supervisor is there");
    let _ = Command::new("umount").arg("--lazy").arg(&store).output();
}
