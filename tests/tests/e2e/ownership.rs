//! Ownership of the workspace's files.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use containai_tests::Person;

fn owner(path: &Path) -> (u32, u32) {
    let status = fs::symlink_metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    (status.uid(), status.gid())
}

#[test]
fn owner_outside_and_agent_inside_share_ownership() {
    let person = Person::new();
    let repository = person.repository("mine").owned_by(1234);
    let script = "stat -c %u:%g README .; echo inside > made; mkdir tree; ln -s README link";
    person.run(&repository, script).success().prints("1000:1000\n1000:1000\n");
    for made in ["made", "tree", "link"] {
        assert_eq!(owner(&repository.join(made)), (1234, 1234), "{made}");
    }

    let outside = repository.join("outside");
    fs::write(&outside, "outside\n").expect("a file can be written");
    std::os::unix::fs::chown(&outside, Some(1234), Some(1234)).expect("root may do that");
    let script = "echo more >> outside; cat outside; rm outside; stat -c %u .git/HEAD";
    person.exec(&repository, script).success().prints("outside\nmore\n1000\n");
    assert!(!outside.exists());
}

#[test]
fn root_inside_has_no_privileges_in_the_workspace() {
    let person = Person::new();
    let repository = person.repository("rooted").owned_by(1234);
    fs::write(repository.join("secret"), "host\n").expect("a file can be written");
    fs::set_permissions(repository.join("secret"), fs::Permissions::from_mode(0o600))
        .expect("the mode can be set");
    person
        .run(&repository, "sudo touch made; sudo cp /bin/true tool; sudo chmod 4755 tool")
        .status();
    for made in ["made", "tool"] {
        let path = repository.join(made);
        assert!(!path.exists() || owner(&path).0 != 0, "{made} is host root's");
    }
    for attempt in [
        "sudo cat secret",
        "echo x | sudo tee -a secret",
        "sudo chown agent secret",
        "sudo chmod 666 secret",
        "sudo setfattr -n user.x -v y secret",
    ] {
        let outcome = person.exec(&repository, attempt);
        assert_ne!(outcome.status(), 0, "{outcome}");
    }
    assert_eq!(fs::read_to_string(repository.join("secret")).expect("it exists"), "host\n");
    assert_eq!(owner(&repository.join("secret")), (0, 0));
}

#[test]
fn workspace_of_root_is_usable_and_gets_no_files_of_root() {
    let person = Person::new();
    let repository = person.repository("roots");
    let script = "set -e; echo more >> README; echo new > new; mkdir tree; echo x > tree/leaf; \
                  git -c user.name=a -c user.email=a@b commit --quiet -am inside; \
                  sudo touch by-root; sudo cp /bin/true tool; sudo chmod 4755 tool";
    person.run(&repository, script).success();
    for made in ["new", "tree", "tree/leaf", "by-root", "tool"] {
        let (uid, gid) = owner(&repository.join(made));
        assert_ne!(uid, 0, "{made} is host root's");
        assert_ne!(gid, 0, "{made} is of host root's group");
    }
    assert_eq!(fs::read_to_string(repository.join("README")).expect("it exists"), "hello\nmore\n");
    let lent = owner(&repository.join("README"));
    assert_ne!(lent.0, 0, "lent files belong to the agent");
    repository.git(&["log", "--oneline"]);

    // Files that root creates outside while the container runs are accessible to the agent, too.
    fs::write(repository.join("later"), "later\n").expect("a file can be written");
    fs::create_dir(repository.join("later.d")).expect("a directory can be made");
    let script = "cat later && echo x >> later && echo y > later.d/y";
    person.exec(&repository, script).success().prints("later\n");
    person.exec(&repository, "sudo chown 0:0 new; sudo chown agent README").status();
    assert_ne!(owner(&repository.join("new")).0, 0);
    assert_eq!(owner(&repository.join("README")), lent);
}

#[test]
fn links_in_the_workspace_do_not_expose_host_files() {
    let person = Person::new();
    let repository = person.repository("links");
    let outside = person.beside("outside");
    fs::write(&outside, "mine\n").expect("a file can be written");
    fs::set_permissions(&outside, fs::Permissions::from_mode(0o600)).expect("the mode can be set");
    std::os::unix::fs::symlink(&outside, repository.join("way-out")).expect("a link can be made");
    person.run(&repository, "cat way-out 2>/dev/null; echo x > way-out").status();
    assert_eq!(fs::read_to_string(&outside).expect("it exists"), "mine\n");
    assert_eq!(fs::metadata(&outside).expect("it exists").permissions().mode() & 0o777, 0o600);
}
