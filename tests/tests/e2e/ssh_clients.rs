//! OpenSSH's own programs with the configuration that `cai` wrote.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use containai_tests::{Person, Repository, output_of, wait_until};

/// Returns a person with a running container, and its alias for `ssh`.
fn prepared(name: &str) -> (Person<'static>, Repository, String) {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository(name);
    person.run(&repository, "true").success();
    let alias = person.alias(repository.path());
    (person, repository, alias)
}

#[test]
fn ssh_trusts_only_the_pinned_key() {
    let (person, repository, alias) = prepared("plain-ssh");
    let shown = output_of(person.openssh("ssh").args([&alias, "id -un; pwd"]));
    assert_eq!(shown, "agent\n/home/agent\n");
    let settings = output_of(person.openssh("ssh").args(["-G", &alias]));
    assert!(settings.contains("stricthostkeychecking true"), "{settings}");

    let known_hosts = person.home().join(".config/containai/known_hosts");
    let pinned = fs::read_to_string(&known_hosts).expect("keys are pinned");
    let inside = person.exec(&repository, "cat /etc/ssh/ssh_host_ed25519_key.pub").line();
    let key = inside.split(' ').nth(1).expect("a key");
    assert!(pinned.contains(key), "{pinned} does not hold {key}");

    let other = person.beside("other");
    output_of(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&other));
    let other = fs::read_to_string(other.with_extension("pub")).expect("a key was made");
    let wrong = pinned.replace(key, other.split(' ').nth(1).expect("a key"));
    fs::write(&known_hosts, wrong).expect("a file can be written");
    let refused = person.openssh("ssh").args([&alias, "true"]).output().expect("ssh is installed");
    assert_eq!(refused.status.code(), Some(255));
    // The engine's key is authoritative: the pin was stale.
    person.exec(&repository, "echo reached").success().prints("reached\n");
    assert_eq!(fs::read_to_string(&known_hosts).expect("it exists"), pinned);
    output_of(person.openssh("ssh").args([&alias, "true"]));
}

#[test]
fn server_with_a_key_unknown_to_the_engine_is_refused() {
    let (person, repository, _) = prepared("imposter");
    let swap = "sudo ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/other &&
        sudo sed -i 's|^HostKey .*|HostKey /etc/ssh/other|' /etc/ssh/sshd_config &&
        sudo systemd-run --quiet --on-active=0 systemctl restart ssh";
    person.exec(&repository, swap).success();
    // A connection from before the swap stays valid.
    let reach = |verb: &str| {
        person.cai([verb, "--no-mux", "--", "echo", "reached"]).current_dir(&repository).run()
    };
    let outcome = wait_until(Duration::from_secs(60), "the other key is served", || {
        Some(reach("exec")).filter(|outcome| outcome.status() != 0)
    });
    outcome.fails(114, "host key on port");
    reach("run").fails(114, "host key on port");
}

#[test]
fn scp_sftp_and_rsync_copy_in_both_directions() {
    let (person, _repository, alias) = prepared("copies");
    let (there, back) = (person.beside("there"), person.beside("back"));
    fs::write(&there, "payload\n").expect("a file can be written");
    output_of(person.openssh("scp").arg(&there).arg(format!("{alias}:/tmp/scp")));
    output_of(person.openssh("scp").arg(format!("{alias}:/tmp/scp")).arg(&back));
    assert_eq!(fs::read_to_string(&back).expect("it came back"), "payload\n");

    // The protocol before OpenSSH 9, and a tree.
    let tree = person.repository("scp-tree");
    output_of(
        person.openssh("scp").args(["-O", "-r"]).arg(tree.path()).arg(format!("{alias}:/tmp/o")),
    );
    output_of(
        person.openssh("scp").arg("-rp").arg(format!("{alias}:/tmp/o")).arg(person.beside("o")),
    );
    assert_eq!(fs::read_to_string(person.beside("o/README")).expect("it came back"), "hello\n");

    let batch = person.beside("batch");
    let (from, to) = (there.display(), person.beside("fetched"));
    fs::write(&batch, format!("put {from} /tmp/sftp\nget /tmp/sftp {}\n", to.display()))
        .expect("a file can be written");
    output_of(person.openssh("sftp").arg("-b").arg(&batch).arg(&alias));
    assert_eq!(fs::read_to_string(&to).expect("it came back"), "payload\n");

    let shell = format!("ssh -F {}", person.home().join(".ssh/config").display());
    let tree = person.repository("tree");
    output_of(
        Command::new("rsync")
            .args(["--archive", "--rsh", &shell])
            .arg(format!("{}/", tree.path().display()))
            .arg(format!("{alias}:/tmp/tree/")),
    );
    let copy = person.beside("copy");
    output_of(
        Command::new("rsync")
            .args(["--archive", "--rsh", &shell])
            .arg(format!("{alias}:/tmp/tree/"))
            .arg(&copy),
    );
    assert_eq!(fs::read_to_string(copy.join("README")).expect("it came back"), "hello\n");
}

#[test]
fn git_clones_and_pushes_over_ssh() {
    let (person, repository, alias) = prepared("over-git");
    let bare = "git clone --quiet --bare /home/agent/workspace /tmp/bare.git";
    person.exec(&repository, bare).success();
    let shell = format!("ssh -F {}", person.home().join(".ssh/config").display());
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Test", "-c", "user.email=test@localhost"]).args(args);
        git.env("GIT_SSH_COMMAND", &shell).env("GIT_CONFIG_GLOBAL", "/dev/null");
        output_of(&mut git)
    };
    let clone = person.beside("clone");
    let path = clone.display().to_string();
    git(&["clone", "--quiet", &format!("{alias}:/tmp/bare.git"), &path]);
    fs::write(clone.join("pushed"), "pushed\n").expect("a file can be written");
    git(&["-C", &path, "add", "pushed"]);
    git(&["-C", &path, "commit", "--quiet", "--message=pushed"]);
    git(&["-C", &path, "push", "--quiet"]);
    let log = person.exec(&repository, "git -C /tmp/bare.git log --format=%s");
    log.success().prints("pushed\nfirst\n");
}

#[test]
fn key_is_private_and_in_the_standard_format() {
    let (person, repository, _) = prepared("key");
    let identity = person.home().join(".config/containai/id_containai");
    let mode = fs::metadata(&identity).expect("there is a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let public = output_of(Command::new("ssh-keygen").arg("-y").arg("-f").arg(&identity));
    let inside = person.exec(&repository, "sudo cat /etc/containai/authorized_keys").line();
    let key = public.split(' ').nth(1).expect("a key");
    assert!(inside.contains(key), "{inside} does not hold {key}");
    let private = fs::read_to_string(&identity).expect("root may do that");
    let secret = private.lines().nth(2).expect("three lines at least");
    let everything = person.container(repository.path()).to_string();
    assert!(!everything.contains(secret), "the private key is in the container's settings");
}

#[test]
fn users_own_configuration_is_kept() {
    let person = Person::new();
    let repository = person.repository("config");
    let ssh = person.home().join(".ssh");
    fs::create_dir_all(&ssh).expect("a directory can be made");
    let own = "# mine\nHost *\n  User somebody\n  Port 2022\n";
    fs::write(ssh.join("config"), own).expect("a file can be written");
    person.cai(["setup", "--yes"]).run().success();
    person.run(&repository, "true").success();
    let config = fs::read_to_string(ssh.join("config")).expect("it exists");
    assert!(config.ends_with(own) && config.starts_with("Include "), "{config}");
    let alias = person.alias(repository.path());
    assert_eq!(output_of(person.openssh("ssh").args([&alias, "id -un"])), "agent\n");
    person.cai(["setup", "--yes"]).run().success();
    assert_eq!(fs::read_to_string(ssh.join("config")).expect("it exists"), config);
}
