//! Root in the container of a linked worktree, and git on the host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use containai_tests::{Person, Repository, wait_until};

/// A repository, its linked worktree on branch `side`, and files that must not change.
struct Scene {
    person: Person<'static>,
    main: Repository,
    tree: PathBuf,
    profile: PathBuf,
    outside: PathBuf,
    uid: Option<u32>,
}

impl Scene {
    fn new(uid: Option<u32>) -> Self {
        let person = Person::new();
        let main = person.repository("api");
        let tree = person.beside("api-side");
        main.git(&["worktree", "add", "--quiet", "-b", "side", &tree.display().to_string()]);
        let (profile, outside) = (person.beside("profile"), person.beside("elsewhere"));
        fs::write(&profile, "mine\n").expect("a file");
        fs::create_dir(&outside).expect("a directory");
        let main = match uid {
            Some(uid) => {
                for path in [&tree, &profile, &outside] {
                    drop(Repository::at(path).owned_by(uid));
                }
                main.owned_by(uid)
            }
            None => main,
        };
        Self { person, main, tree, profile, outside, uid }
    }

    /// Runs git on the host as the owner.
    fn git(&self, directory: &Path, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new("git");
        command
            .args(["-c", "safe.directory=*", "-c", "user.name=Host", "-c", "user.email=h@h"])
            .args(words)
            .current_dir(directory)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        if let Some(uid) = self.uid {
            use std::os::unix::process::CommandExt as _;
            command.uid(uid).gid(uid);
        }
        let output = command.output().expect("git is installed");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => Err(text(&output.stderr)),
        }
    }

    fn git_output(&self, directory: &Path, words: &[&str]) -> String {
        self.git(directory, words).unwrap_or_else(|said| panic!("git {words:?}: {said}"))
    }

    fn links(&self) -> String {
        let find = Command::new("find").arg(self.main.join(".git")).args(["-type", "l"]).output();
        String::from_utf8_lossy(&find.expect("find runs").stdout).into_owned()
    }

    #[track_caller]
    fn is_untouched(&self, after: &str) {
        assert_eq!(fs::read_to_string(&self.profile).expect("a file"), "mine\n", "{after}");
        assert_eq!(fs::read_dir(&self.outside).expect("a directory").count(), 0, "{after}");
        assert_eq!(self.links(), "", "{after}");
        self.git_output(self.main.path(), &["fsck", "--strict"]);
    }
}

fn check_planted_links_are_not_followed(uid: Option<u32>) {
    let scene = Scene::new(uid);
    let (profile, outside) = (scene.profile.display(), scene.outside.display());
    let common = scene.main.join(".git");
    let common = common.display();
    scene
        .person
        .run(
            &scene.tree,
            "git config --global user.name A; git config --global user.email a@b; \
                                   echo in >> README; git commit -qam inside",
        )
        .success();
    let origin = scene.person.beside("origin.git");
    scene.main.git(&["init", "--quiet", "--bare", &origin.display().to_string()]);
    scene.main.git(&["remote", "add", "origin", &origin.display().to_string()]);
    if let Some(uid) = scene.uid {
        drop(Repository::at(&origin).owned_by(uid));
        drop(Repository::at(scene.main.path()).owned_by(uid));
    }
    for plant in [
        format!("mkdir -p logs/refs/heads; ln -sfn {profile} logs/HEAD"),
        format!("ln -sfn {profile} logs/refs/heads/main; ln -sfn {profile} logs/refs/heads/side"),
        format!("rm -rf logs; ln -sfn {outside} logs"),
        format!("mkdir -p refs/remotes; rm -rf refs/remotes/origin; ln -sfn {outside} refs/remotes/origin"),
        format!("rm -rf refs/heads; ln -sfn {outside} refs/heads"),
        format!("ln -sfn {profile} packed-refs; ln -sfn {profile} config; ln -sfn {profile} HEAD"),
        format!("for a in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do for b in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do \
                 rm -rf objects/$a$b; ln -sfn {outside} objects/$a$b; done; done; \
                 rm -rf objects/pack; ln -sfn {outside} objects/pack"),
        format!("for file in worktrees/*/HEAD worktrees/*/index worktrees/*/logs worktrees/*/gitdir; do \
                 rm -rf $file; ln -sfn {profile} $file; done"),
        format!("mkfifo refs/pipe; for link in {common}-side {common}.lock; do ln -sfn {profile} $link; done"),
        "mount -o remount,bind,rw /mnt/host-repository/objects; touch /mnt/host-repository/objects/ab; \
         rm -rf /mnt/host-repository/objects/*".to_owned(),
    ] {
        // It finds only its own files there.
        let script = format!("cd {common} && sudo sh -c '{plant}'");
        let _ = scene.person.exec(&scene.tree, &script);
        scene.is_untouched(&plant);
        scene.git_output(scene.main.path(), &["commit", "-q", "--allow-empty", "-m", "host"]);
        scene.git_output(scene.main.path(), &["cherry-pick", "--allow-empty", "side~0", "--no-commit"]);
        scene.git_output(scene.main.path(), &["reset", "-q", "--hard"]);
        scene.git_output(scene.main.path(), &["push", "-q", "origin", "main", "side"]);
        scene.git_output(scene.main.path(), &["fetch", "-q", "origin"]);
        scene.git_output(&scene.tree, &["commit", "-q", "--allow-empty", "-m", "host"]);
        scene.git_output(scene.main.path(), &["gc", "-q"]);
        let _ = scene.person.cai(["exec", "--", "true"]).current_dir(&scene.tree).run();
        scene.is_untouched(&plant);
    }
    let listed = scene.git_output(scene.main.path(), &["worktree", "list"]);
    assert!(listed.contains("[side]"), "{listed}");
}

#[test]
fn git_of_the_host_does_not_follow_links_planted_inside() {
    check_planted_links_are_not_followed(Some(1234));
}

#[test]
fn git_of_the_hosts_root_does_not_follow_links_planted_inside() {
    check_planted_links_are_not_followed(None);
}

#[test]
fn invalid_names_and_objects_do_not_reach_the_host() {
    let scene = Scene::new(Some(1234));
    let setup = "git config --global user.name A; git config --global user.email a@b; true";
    scene.person.run(&scene.tree, setup).success();
    let before = scene.git_output(scene.main.path(), &["for-each-ref"]);
    let config = fs::read_to_string(scene.main.join(".git/config")).expect("a file");
    let common = scene.main.join(".git").display().to_string();
    let tip = scene.git_output(&scene.tree, &["rev-parse", "side"]);
    for plant in [
        // Names of references.
        format!(
            "cp packed-refs packed-refs.good; printf '%s\\n' '{tip} refs/heads/../../config' '{tip} refs/heads/x.lock' \
             '{tip} refs/heads/-x' '{tip} ../hooks/post-commit' '{tip} refs/heads/HEAD' \
             '{tip} HEAD' '{tip} refs/containai/x' '{tip} refs/replace/{tip}' >> packed-refs"
        ),
        format!("mkdir -p refs/heads/a; echo {tip} > refs/heads/a/b.lock; mkfifo refs/heads/pipe"),
        "echo 'ref: ../../../../etc/passwd' > refs/heads/led".to_owned(),
        // Objects: missing, under a wrong name, and malformed.
        format!("echo {} > refs/heads/nothing", "ab".repeat(20)),
        format!(
            "rm refs/heads/nothing; mkdir -p objects/ab; printf 'x\\234K\\312\\311OR0b\\310\\005\\000' \
             > objects/ab/{}; echo {} > refs/tags/lie",
            "ab".repeat(19),
            "ab".repeat(20)
        ),
        "rm refs/tags/lie; id=$(printf 'tree %040d\\nparent x\\n' 1 | \
         git hash-object -t commit -w --stdin --literally); echo $id > refs/tags/bad"
            .to_owned(),
        "rm refs/tags/bad; id=$(printf '100644 .git\\0aaaaaaaaaaaaaaaaaaaa' | \
         git hash-object -t tree -w --stdin --literally); echo $id > refs/tags/tree"
            .to_owned(),
        "rm refs/tags/tree; echo 'ref: refs/../../config' > worktrees/api-side/HEAD".to_owned(),
    ] {
        let script = format!("cd {common} && {plant}");
        scene.person.exec(&scene.tree, &script);
        let after = scene.git_output(scene.main.path(), &["for-each-ref"]);
        assert_eq!(after, before, "{plant}");
        assert_eq!(fs::read_to_string(scene.main.join(".git/config")).expect("a file"), config);
        scene.git_output(scene.main.path(), &["fsck", "--strict"]);
        assert_eq!(
            scene.git_output(&scene.tree, &["symbolic-ref", "HEAD"]),
            "refs/heads/side",
            "{plant}"
        );
    }
    // Valid commits still arrive once the rest is removed.
    let mend = format!(
        "cd {common}; rm -rf refs/heads/pipe refs/heads/led refs/heads/a; mv packed-refs.good packed-refs; \
         echo 'ref: refs/heads/side' > worktrees/api-side/HEAD; cd -; \
         git commit -q --allow-empty -m good"
    );
    scene.person.exec(&scene.tree, &mend).success();
    assert_eq!(scene.git_output(scene.main.path(), &["log", "-1", "--format=%s", "side"]), "good");
}

/// A main checkout and a linked worktree may each have a container; the first one writes to the
/// repository that receives commits of the second.
#[test]
fn link_in_the_repository_prevents_a_transfer_of_commits() {
    let scene = Scene::new(Some(1234));
    let setup = "git config --global user.name A; git config --global user.email a@b; true";
    scene.person.run(&scene.tree, setup).success();
    let profile = scene.profile.display();
    let plant =
        format!("mkdir -p .git/logs/refs/heads; ln -sfn {profile} .git/logs/refs/heads/side");
    scene.person.run(&scene.main, &plant).success();
    let outcome = scene.person.exec(&scene.tree, "git commit -q --allow-empty -m kept");
    outcome.success().stderr_contains("is a symbolic link");
    assert_eq!(fs::read_to_string(&scene.profile).expect("a file"), "mine\n");
    scene.person.exec(&scene.main, "rm .git/logs/refs/heads/side").success();
    scene
        .person
        .cai(["workspace", "pull"])
        .current_dir(&scene.tree)
        .run()
        .success()
        .stderr_contains("fetched 1");
    assert_eq!(scene.git_output(scene.main.path(), &["log", "-1", "--format=%s", "side"]), "kept");
}

#[test]
fn other_worktrees_branches_and_conflicts_are_kept_separate() {
    let scene = Scene::new(Some(1234));
    let setup = "git config --global user.name A; git config --global user.email a@b; git branch both; \
                 git branch gone; git branch ahead";
    scene.person.run(&scene.tree, setup).success();
    let top = scene.main.path();
    let at = |name: &str| scene.git_output(top, &["log", "-1", "--format=%s", name]);
    let first = scene.git_output(top, &["rev-parse", "main"]);
    assert_eq!(at("both"), "first");

    // The main checkout has `main`: the branch is neither moved nor deleted.
    let inside = "git checkout -q both; git commit -q --allow-empty -m inside; git update-ref refs/heads/main both; \
                  git checkout -q side";
    let outcome = scene.person.exec(&scene.tree, inside);
    outcome
        .success()
        .stderr_contains("checked out in another worktree")
        .stderr_contains("refs/containai/api-side/heads/main");
    assert_eq!(scene.git_output(top, &["rev-parse", "main"]), first);
    assert_eq!(at("refs/containai/api-side/heads/main"), "inside");
    assert_eq!(
        (at("both"), scene.git_output(top, &["status", "--short"])),
        ("inside".into(), String::new())
    );
    scene.person.exec(&scene.tree, "git update-ref -d refs/heads/main").success();
    assert_eq!(scene.git_output(top, &["rev-parse", "main"]), first);

    // Both sides changed.
    let work = "git checkout -q both; git commit -q --allow-empty -m theirs; git checkout -q side; \
                git update-ref -d refs/heads/gone; touch .begun; \
                until test -e .go; do sleep 0.1; done; rm .begun";
    let running =
        scene.person.cai(["exec", "--", "sh", "-c", work]).current_dir(&scene.tree).start();
    wait_until(Duration::from_secs(60), "a commit inside", || {
        scene.tree.join(".begun").exists().then_some(())
    });
    let tree = scene.git_output(top, &["rev-parse", "both^{tree}"]);
    let ours = scene.git_output(top, &["commit-tree", "-p", "both", "-m", "ours", &tree]);
    scene.git_output(top, &["update-ref", "refs/heads/both", &ours]);
    fs::write(scene.tree.join(".go"), "").expect("a file");
    running.outcome().success();
    fs::remove_file(scene.tree.join(".go")).expect("it exists");
    assert_eq!(at("both"), "ours");
    assert_eq!(at("refs/containai/api-side/heads/both"), "theirs");
    scene.person.exec(&scene.tree, "git log -1 --format=%s both").success().prints("theirs\n");

    // The user merges both; the container follows.
    let merged = scene.git_output(
        top,
        &[
            "commit-tree",
            "-p",
            "both",
            "-p",
            "refs/containai/api-side/heads/both",
            "-m",
            "merged",
            &tree,
        ],
    );
    scene.git_output(top, &["update-ref", "refs/heads/both", &merged]);
    scene.person.exec(&scene.tree, "git log -1 --format=%s both").success().prints("merged\n");
    assert!(
        scene.git(top, &["rev-parse", "--verify", "refs/containai/api-side/heads/both"]).is_err()
    );
    scene.git_output(top, &["fsck"]);
}
