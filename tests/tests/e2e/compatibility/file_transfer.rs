//! scp, sftp and rsync.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::container::{Container, output, rejects_host_key};
use super::openssh::client;
use super::table::Client;

const FILES: usize = 10_000;
const REFUSAL: &str = "refuses any other host key";

fn refusal(options: &[&str]) -> String {
    let options = options.iter().map(|option| format!(" (`{option}`)")).collect::<String>();
    format!("{REFUSAL}{options}")
}

/// Runs a program that would fetch an existing file, and checks that it rejects the host key.
#[track_caller]
fn rejects_host_key_and_copies_nothing(mut command: Command, container: &Container, to: &Path) {
    command.arg(format!("{}:/etc/hostname", container.alias)).arg(to);
    rejects_host_key(command);
    assert!(!to.exists(), "nothing was copied");
}

#[test]
fn scp_and_sftp_copy_trees() {
    let container = Container::start("compat-scp");
    let (person, alias) = (&container.person, &container.alias);
    let tree = person.beside("a tree");
    fs::create_dir_all(tree.join("deep er/est")).expect("a directory can be made");
    fs::write(tree.join("deep er/est/it's $(here)"), [0, 255, 10, 13]).expect("and written to");
    let check = |copy: &str| {
        let file = person.beside(copy).join("deep er/est/it's $(here)");
        assert_eq!(fs::read(file).expect("it came back"), [0, 255, 10, 13]);
    };
    let scp = |options: &[&str], copy: &str| {
        let there = format!("{alias}:/tmp/{copy}");
        output(person.openssh("scp").args(options).arg("-r").arg(&tree).arg(&there));
        output(person.openssh("scp").args(options).args(["-r", &there]).arg(person.beside(copy)));
        check(copy);
    };
    client("scp").can("trees both ways over SFTP (`-s`)", || scp(&["-s"], "over-sftp"));
    client("scp").can("trees both ways over the old protocol (`-O`)", || scp(&["-O"], "over-scp"));
    for (program, options) in [("scp", &["-s"][..]), ("scp", &["-O"]), ("sftp", &[])] {
        client(program).can(&refusal(options), || {
            let mut command = person.openssh(program);
            command.arg(container.other_pins()).args(options);
            rejects_host_key_and_copies_nothing(command, &container, &person.beside("stolen"));
        });
    }
    client("sftp").can("trees both ways in a batch", || {
        let copy = person.beside("by-sftp");
        let batch = person.beside("batch");
        let lines = format!(
            "mkdir /tmp/by-sftp\nput -r \"{}/.\" /tmp/by-sftp\nrename /tmp/by-sftp /tmp/moved\n\
             get -r /tmp/moved {}\n",
            tree.display(),
            copy.display(),
        );
        fs::write(&batch, lines).expect("a file can be written");
        output(person.openssh("sftp").arg("-b").arg(&batch).arg(alias));
        check("by-sftp");
    });
}

#[test]
fn rsync_copies_many_files() {
    let container = Container::start("compat-rsync");
    let (person, alias) = (&container.person, &container.alias);
    let shown = output(Command::new("rsync").arg("--version"));
    let version = shown.split_whitespace().nth(2).unwrap_or_default();
    let client = Client::new("rsync", version);
    let tree = person.beside("many");
    for directory in 0..100 {
        let directory = tree.join(directory.to_string());
        fs::create_dir_all(&directory).expect("a directory can be made");
        for file in 0..FILES / 100 {
            fs::write(directory.join(format!("{file}")), format!("{file}\n")).expect("a file");
        }
    }
    let rsync = |args: &[&str]| {
        output(Command::new("rsync").args(["--archive", "--rsh", &container.shell()]).args(args))
    };
    let (here, there) = (format!("{}/", tree.display()), format!("{alias}:/tmp/many/"));
    client.can("10,000 files there", || {
        rsync(&["--no-owner", "--no-group", &here, &there]);
        assert_eq!(container.ssh("find /tmp/many -type f | wc -l").trim(), FILES.to_string());
    });
    client.can(REFUSAL, || {
        let mut command = Command::new("rsync");
        command.args(["--archive", "--rsh", &container.shell_with_other_pins()]);
        rejects_host_key_and_copies_nothing(command, &container, &person.beside("stolen"));
    });
    client.can("10,000 files back, all the same", || {
        let copy = person.beside("back");
        let copy = format!("{}/", copy.display());
        rsync(&["--no-owner", "--no-group", &there, &copy]);
        let compare = ["--recursive", "--checksum", "--dry-run", "--itemize-changes", "--delete"];
        let mut command = Command::new("rsync");
        let changed = output(command.args(compare).args([&here, &copy]));
        assert!(!changed.lines().any(|line| line.starts_with(['>', '<', '*'])), "{changed}");
    });
}
