//! A container plants symbolic links in the repository that it shares with the host, for `cai
//! snapshot fork` to write or read through.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use containai_tests::{Person, Repository};

/// The owner of the repository.
const OWNER: u32 = 1234;

/// Links on paths of a fork, each of which has to be refused.
const HOSTILE_LINKS: [&str; 20] = [
    "cp -r refs ../saved; rm -rf refs; ln -s $OUT refs",
    "cp -r refs/heads ../saved; rm -rf refs/heads; ln -s $OUT refs/heads",
    "ln -s $OUT refs/heads/fork",
    "mkdir refs/heads/fork; ln -s $OUT/start-up refs/heads/fork/x",
    "mkdir refs/heads/fork; ln -s $OUT/new refs/heads/fork/x.lock",
    "rm -rf worktrees; ln -s $OUT worktrees",
    "ln -s $OUT/start-up packed-refs",
    "cp HEAD ../saved; ln -sf $OUT/start-up HEAD",
    "cd ..; mv .git saved-git; ln -s saved-git .git",
    // Files that git would write to when commits of the fork come to the repository.
    "rm -rf logs; ln -s $OUT logs",
    "ln -sf $OUT/start-up logs/HEAD",
    "ln -s $OUT/new packed-refs.lock",
    "ln -s $OUT/new HEAD.lock",
    "ln -s $OUT/new index.lock",
    "ln -s $OUT/new config.lock",
    "ln -s $OUT/new refs/heads/main.lock",
    "ln -s $OUT/new ORIG_HEAD",
    "ln -s $OUT/new FETCH_HEAD",
    "mkdir -p worktrees; ln -s $OUT worktrees/api-x",
    "mkdir -p objects/pack; ln -s $OUT/new objects/pack/x",
];

struct Scene<'e> {
    person: Person<'e>,
    repository: Repository,
    outside: PathBuf,
    snapshot: String,
}

impl Scene<'_> {
    /// Creates a repository of an ordinary user beside files that the container cannot access.
    fn new(name: &str) -> Self {
        let person = Person::new();
        let own = person.beside("own");
        let repository = Repository::create(own.join("api")).owned_by(OWNER);
        chown(&own, Some(OWNER), Some(OWNER)).expect("root may do that");
        let outside = person.beside("outside");
        fs::create_dir(&outside).expect("a directory can be made");
        fs::write(outside.join("start-up"), "kept\n").expect("a file can be written");
        for path in [outside.clone(), outside.join("start-up")] {
            chown(path, Some(OWNER), Some(OWNER)).expect("root may do that");
        }
        person.run(&repository, "true").success();
        let snapshot = format!("{name}-{}", std::process::id());
        let create = ["snapshot", "create", &snapshot];
        person.cai(create).current_dir(&repository).run().success();
        Self { person, repository, outside, snapshot }
    }

    /// Runs a script in `.git` as root of the container.
    fn plant(&self, script: &str) {
        let script = script.replace("$OUT", &self.outside.display().to_string());
        let script = format!("cd .git && git config user.name 'x; touch pwned' && {script}");
        self.person.exec(&self.repository, &script).success();
    }

    fn fork(&self, words: &[&str]) -> containai_tests::Outcome {
        let fork = ["snapshot", "fork", &self.snapshot, "--branch", "fork/x"];
        self.person.cai(fork).args(words).current_dir(&self.repository).run()
    }

    /// Returns all files outside with their content.
    fn outside(&self) -> String {
        let find = "find . -printf '%p %y %s %T@\n' | sort; cat start-up";
        let output = Command::new("sh").args(["-c", find]).current_dir(&self.outside).output();
        String::from_utf8_lossy(&output.expect("find is installed").stdout).into_owned()
    }
}

#[test]
fn fork_does_not_write_through_links() {
    let scene = Scene::new("links");
    let before = scene.outside();
    let git = scene.repository.join(".git");
    let saved = scene.person.beside("git");
    copy(&git, &saved);
    // The attack is well formed: git itself writes there.
    let bait = Repository::at(scene.person.beside("bait"));
    copy(scene.repository.path(), bait.path());
    fs::remove_dir_all(bait.join(".git/logs")).expect("reflogs");
    std::os::unix::fs::symlink(&scene.outside, bait.join(".git/logs")).expect("a link");
    bait.git(&["worktree", "add", "--quiet", "../bait-x"]);
    assert_ne!(scene.outside(), before);
    fs::remove_dir_all(scene.outside.join("refs")).expect("git has made it");
    let before = scene.outside();
    for planted in HOSTILE_LINKS {
        scene.plant(planted);
        let outcome = scene.fork(&[]);
        let is_refused = ["symbolic link", "conflicts with", "exists"];
        let is_refused = is_refused.iter().any(|it| outcome.stderr().contains(it));
        assert!(outcome.status() != 0 && is_refused, "{planted}: {outcome}");
        assert_eq!(scene.outside(), before, "{planted}");
        assert!(!scene.person.beside("own/api-x").exists(), "{planted}");
        let _ = fs::remove_file(&git);
        let _ = fs::remove_dir_all(&git);
        for left in ["saved", "saved-git"] {
            let _ = fs::remove_dir_all(scene.repository.join(left));
            let _ = fs::remove_file(scene.repository.join(left));
        }
        copy(&saved, &git);
    }
    let path = scene.person.beside("own/api-x");
    scene.fork(&[]).success();
    assert_eq!(scene.outside(), before);
    assert_eq!(fs::read_to_string(path.join("README")).expect("it is checked out"), "hello\n");
    scene.person.remove_containers(&path);
}

#[test]
fn fork_exposes_no_other_repository_and_no_keys() {
    let scene = Scene::new("handed");
    let private = Repository::create(scene.person.beside("own/private")).owned_by(OWNER);
    private.git(&["branch", "secret"]);
    let to = scene.person.beside("own/to");
    let words = [to.to_str().expect("a plain path")];
    let git = private.join(".git");
    scene.plant(&format!("cd ..; mv .git saved; echo 'gitdir: {}' > .git", git.display()));
    scene.fork(&words).fails(2, "");
    assert!(!to.exists() && !git.join("worktrees").exists());
    scene.plant_in_workspace("rm .git; mv saved .git");

    // The same rules apply to the destination as to any workspace.
    let home = scene.person.home();
    fs::create_dir_all(home.join(".ssh")).expect("a directory can be made");
    for (name, what) in [(".ssh", "SSH keys"), (".", "your home directory")] {
        let path = home.join(name).display().to_string();
        let fork = ["snapshot", "fork", &scene.snapshot, &path];
        scene.person.cai(fork).current_dir(&scene.repository).run().fails(2, what);
    }
    let inside = scene.repository.join("nested").display().to_string();
    scene.fork(&[&inside]).fails(2, "is inside the workspace");
}

#[test]
fn repository_without_a_commit_is_reported() {
    let person = Person::new();
    let empty = person.beside("unborn");
    fs::create_dir_all(&empty).expect("a directory can be made");
    Repository::at(&empty).git(&["init", "--quiet"]);
    person.run(&empty, "true").success();
    let name = format!("unborn-{}", std::process::id());
    person.cai(["snapshot", "create", &name]).current_dir(&empty).run().success();
    let fork = ["snapshot", "fork", &name];
    person.cai(fork).current_dir(&empty).run().fails(2, "has no commit yet");
    assert!(!person.beside(&format!("unborn-{name}")).exists());
}

#[test]
fn fork_works_below_a_directory_without_access_for_the_container() {
    let person = Person::new();
    let closed = tempfile::Builder::new().prefix("cai-fork").tempdir_in("/root").expect("made");
    let repository = Repository::create(closed.path().join("api"));
    person.run(&repository, "true").success();
    let name = format!("closed-{}", std::process::id());
    person.cai(["snapshot", "create", &name]).current_dir(&repository).run().success();
    let fork = ["snapshot", "fork", &name, "--branch", "fork/x"];
    person.cai(fork).current_dir(&repository).run().success();
    let path = closed.path().join("api-x");
    assert!(path.join("README").exists());
    person.remove_containers(&path);
    person.remove_containers(repository.path());
}

impl Scene<'_> {
    fn plant_in_workspace(&self, script: &str) {
        self.person.exec(&self.repository, script).success();
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().expect("cp");
    assert!(copied.success());
}
