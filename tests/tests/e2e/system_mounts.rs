//! Mounts and ids of a container are those of a machine, and stay inside.

use std::fs;
use std::process::Command;

use containai_tests::{Engine, Person, output_of};

/// All mounts that the host and the engine see.
fn host_mounts() -> String {
    let engine = fs::read_to_string(Engine::shared().layout().pid_file());
    let engine = engine.expect("the engine runs").trim().to_owned();
    let tables = ["self", "1", &engine].map(|process| {
        fs::read_to_string(format!("/proc/{process}/mountinfo")).expect("a mount table")
    });
    tables.concat()
}

#[test]
fn shared_memory_is_half_of_the_memory_and_can_be_resized() {
    let person = Person::new();
    let repository = person.repository("shm");
    let script = "set -e
        df --block-size=1 --output=size /dev/shm | tail -1 | tr -d ' '
        head -c 100000000 /dev/zero > /dev/shm/large; rm /dev/shm/large
        sudo mount -o remount,size=96m /dev/shm
        sudo mount -o remount,size=96m none /dev/shm
        df --block-size=1 --output=size /dev/shm | tail -1 | tr -d ' '
        cp /bin/true /dev/shm/program; /dev/shm/program; rm /dev/shm/program
        sudo mount -o remount,size=64m /run
        stat --format '%u %g %a' /dev/shm /run /run/lock";
    let arguments = ["run", "--image", "base", "--memory", "1g", "--", "sh", "-c", script];
    let outcome = person.cai(arguments).current_dir(&repository).run();
    outcome.success().prints("536870912\n100663296\n0 0 1777\n0 0 755\n0 0 1777\n");
}

#[test]
fn mounts_are_shared_inside_and_never_with_the_host() {
    let person = Person::new();
    let repository = person.repository("propagation");
    let script = "set -e
        grep --invert-match --count ' shared:' /proc/self/mountinfo || true
        grep --count ' master:' /proc/self/mountinfo || true
        mkdir -p leak; sudo mkdir -p /mnt/agent-data/leak /var/lib/docker/leak /leak
        for place in $PWD/leak /mnt/agent-data/leak /var/lib/docker/leak /leak /srv /opt; do
            sudo mount -t tmpfs of-the-container $place
        done
        grep --count of-the-container /proc/self/mountinfo";
    let outcome = person.run(&repository, script);
    outcome.success().prints("0\n0\n6\n");
    assert!(!host_mounts().contains("of-the-container"));

    let seen = repository.join("seen");
    fs::create_dir(&seen).expect("a directory");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "of-the-host"]).arg(&seen).status();
    assert!(mounted.expect("mount runs").success());
    let inside = person.exec(&repository, "cat /proc/self/mountinfo");
    output_of(Command::new("umount").arg(&seen));
    inside.success();
    assert!(!inside.stdout().contains("of-the-host"), "{}", inside.stdout());
}

#[test]
fn services_read_credentials() {
    let person = Person::new();
    let repository = person.repository("credentials");
    let script = "sudo systemd-run --wait --pipe --quiet --property=User=agent \
        --property=LoadCredential=name:/etc/hostname sh -c 'cat \"$CREDENTIALS_DIRECTORY/name\"'
        hostname";
    let outcome = person.run(&repository, script);
    let lines: Vec<_> = outcome.success().stdout().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], lines[1]);
}

#[test]
fn subordinate_ids_of_users_are_mapped() {
    let person = Person::new();
    let repository = person.repository("subids");
    let script = "set -e
        awk '{ print $3 }' /proc/self/uid_map /proc/self/gid_map
        for place in /etc /mnt/agent-data /var/lib/docker $PWD; do
            sudo touch $place/high; sudo chown 165535:231071 $place/high
            stat --format '%u %g' $place/high; sudo rm $place/high
        done
        sudo touch /etc/beyond; sudo chown 262144 /etc/beyond 2>&1 | grep --count 'Invalid argument'";
    let outcome = person.run(&repository, script);
    let owner = "165535 231071\n";
    outcome.success().prints(&format!("262144\n262144\n{}1\n", owner.repeat(4)));
}
