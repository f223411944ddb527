//! git in linked worktrees, and in their main repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use containai_tests::{Person, Repository, wait_until};

/// Returns a repository and its linked worktree on branch `side`.
fn linked(person: &Person<'_>, uid: Option<u32>) -> (Repository, PathBuf) {
    let main = person.repository("api");
    let tree = person.beside("api-side");
    main.git(&["worktree", "add", "--quiet", "-b", "side", &tree.display().to_string()]);
    match uid {
        Some(uid) => {
            drop(Repository::at(&tree).owned_by(uid));
            (main.owned_by(uid), tree)
        }
        None => (main, tree),
    }
}

/// Runs git on the host as the owner of the repository.
#[track_caller]
fn git(uid: Option<u32>, directory: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .args(["-c", "safe.directory=*", "-c", "user.name=Host", "-c", "user.email=h@h"])
        .args(words)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    if let Some(uid) = uid {
        use std::os::unix::process::CommandExt as _;
        command.uid(uid).gid(uid);
    }
    let output = command.output().expect("git is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {words:?}: {said}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

const IDENTITY: &str = "git config --global user.name A; git config --global user.email a@b; git config --global init.defaultBranch main";

fn check_git_commands(uid: Option<u32>) {
    let person = Person::new();
    let (main, tree) = linked(&person, uid);
    person.run(&tree, IDENTITY).success();
    for words in [
        "branch x && git branch -D x",
        "branch x && git branch -m x y && git branch -d y",
        "tag t && git tag -a -m text u && git tag -d t u",
        "worktree prune -v",
        "commit -q --allow-empty -m one",
        "pack-refs --all",
        "gc -q",
        "remote add origin https://git.example/x.git && git remote rename origin up && git remote remove up",
        "checkout -q -b other && echo text > new && git add new && git commit -qm new && git checkout -q side",
        "merge -q --no-edit other",
        "rebase -q --root",
        "reset -q --hard HEAD",
        "config branch.side.description text",
        "worktree add -q -b third /tmp/third && git worktree remove /tmp/third",
        "notes add -m note",
        "reflog expire --expire=now --all",
        "fsck",
        "maintenance run --quiet",
    ] {
        let outcome = person.exec(&tree, &format!("git {words}"));
        outcome.success();
        let said = outcome.stderr();
        assert!(!said.contains("error") && !said.contains("fatal"), "git {words}: {said}");
    }
    let stash = "echo more >> README; git stash -q; git stash list | wc -l; git stash pop -q; git diff --stat | wc -l; \
                 git checkout -q README; git stash list | wc -l";
    let stashed = person.exec(&tree, stash);
    stashed.success().prints("1\n2\n0\n");
    assert_eq!(stashed.stderr(), "");

    // The host has advanced, and has all of its commits.
    let git = |words: &[&str]| git(uid, &tree, words);
    let inside = person.exec(&tree, "git rev-parse side other third").success().stdout();
    assert_eq!(git(&["rev-parse", "side", "other", "third"]), inside.trim());
    assert_eq!(git(&["status", "--short", "--branch"]), "## side");
    let listed = git(&["worktree", "list"]);
    assert!(listed.contains("[main]") && listed.contains("[side]"), "{listed}");
    assert!(!listed.contains("prunable") && listed.lines().count() == 2, "{listed}");
    assert_eq!(git(&["fsck"]), "");
    assert_eq!(git(&["branch", "--list", "x", "y"]), "");
    assert_eq!(git(&["for-each-ref", "refs/tags", "refs/remotes"]), "");
    if let Some(uid) = uid {
        let mut find = Command::new("find");
        find.arg(main.path()).args(["!", "-uid", &uid.to_string()]);
        let foreign = find.output().expect("find runs").stdout;
        assert_eq!(String::from_utf8_lossy(&foreign), "", "files of another user");
    }
    // The path of the host resolves to the workspace.
    person
        .exec(&tree, "cat $CAI_HOST_WORKSPACE/new; git worktree list | grep -c prunable")
        .prints("text\n0\n");
}

#[test]
fn git_commands_work_in_a_linked_worktree() {
    check_git_commands(Some(1234));
}

#[test]
fn git_commands_work_in_a_linked_worktree_of_root() {
    check_git_commands(None);
}

#[test]
fn both_sides_of_a_linked_worktree_are_synchronised() {
    let person = Person::new();
    let uid = Some(1234);
    let (main, tree) = linked(&person, uid);
    person.run(&tree, IDENTITY).success();
    let at_tree = |words: &[&str]| git(uid, &tree, words);
    let at_main = |words: &[&str]| git(uid, main.path(), words);

    // Changes on the host are available in the next session.
    fs::write(tree.join("README"), "host\n").expect("a file");
    at_tree(&["commit", "-qam", "of the host"]);
    at_main(&["branch", "fresh"]);
    at_main(&["tag", "v1"]);
    let look = "git log -1 --format=%s; git status --short; git branch --list fresh; git tag";
    person.exec(&tree, look).success().prints("of the host\n  fresh\nv1\n");
    at_main(&["branch", "-D", "fresh"]);
    at_tree(&["checkout", "-q", "-b", "moved"]);
    let look = "git branch --show-current; git branch --list fresh; git status --short";
    person.exec(&tree, look).success().prints("moved\n");

    // Staged changes on the host stay staged while the branch advances.
    fs::write(tree.join("staged"), "text\n").expect("a file");
    at_tree(&["add", "staged"]);
    person.exec(&tree, "echo in > inside; git add inside; git commit -qm inside").success();
    assert_eq!(at_tree(&["status", "--short", "--branch"]), "## moved\nA  staged");
    assert_eq!(at_tree(&["log", "-1", "--format=%s"]), "inside");
    person.exec(&tree, "git checkout -q -b inner; git commit -q --allow-empty -m inner").success();
    assert_eq!(at_tree(&["status", "--short", "--branch"]), "## inner\nA  staged");

    // Neither a stop nor a removal loses a commit that was not transferred yet.
    let detached = "(sleep 1; git commit -q --allow-empty -m late; touch late) > /dev/null 2>&1 &";
    person.exec(&tree, detached).success();
    wait_until(Duration::from_secs(60), "the late commit", || {
        tree.join("late").exists().then_some(())
    });
    fs::remove_file(tree.join("late")).expect("it exists");
    person.cai(["stop", "--remove", "--force"]).current_dir(&tree).run().success();
    assert_eq!(at_tree(&["log", "-1", "--format=%s"]), "late");
    person.run(&tree, "git log -1 --format=%s; git stash list").success().prints("late\n");
    person.exec(&tree, "echo more >> README; git stash -q").success();
    let fresh = ["run", "--image", "base", "--fresh", "--", "git", "stash", "list"];
    let listed = person.cai(fresh).current_dir(&tree).run().success().stdout();
    assert_eq!(listed.lines().count(), 1, "{listed}");
    at_main(&["rev-parse", "--verify", "refs/containai/api-side/stash"]);

    // A branch deleted inside is kept where no other reference has its commits.
    person
        .exec(
            &tree,
            "git checkout -q -b lost; git commit -q --allow-empty -m lost; git checkout -q inner",
        )
        .success();
    person.exec(&tree, "git branch -qD lost").success();
    assert_eq!(at_main(&["branch", "--list", "lost"]), "");
    let kept = at_main(&["log", "-1", "--format=%s", "refs/containai/api-side/deleted/heads/lost"]);
    assert_eq!(kept, "lost");
    person
        .cai(["workspace", "pull"])
        .current_dir(&tree)
        .run()
        .success()
        .stderr_contains("nothing changed");
    at_main(&["fsck"]);
}

#[test]
fn git_in_the_main_checkout_keeps_worktrees_of_the_host() {
    let person = Person::new();
    let (main, tree) = linked(&person, Some(1234));
    fs::write(tree.join("staged"), "text\n").expect("a file");
    git(Some(1234), &tree, &["add", "staged"]);
    let index = main.join(".git/worktrees/api-side/index");
    let touched = Command::new("touch").args(["-d", "100 days ago"]).arg(&index).status();
    assert!(touched.expect("touch runs").success());
    let prune = "git gc -q; git worktree prune; git worktree prune --expire=now; git worktree list | grep -c prunable";
    person.run(&main, prune).prints("0\n");
    // A worktree created while the container runs.
    let later = person.beside("later");
    let place = person.home();
    std::os::unix::fs::chown(place.parent().expect("a directory"), Some(1234), Some(1234))
        .expect("root runs this");
    git(
        Some(1234),
        main.path(),
        &["worktree", "add", "-q", "-b", "later", &later.display().to_string()],
    );
    let place = format!("test -e {}/.git", later.display());
    wait_until(Duration::from_secs(60), "a place for it", || {
        (person.exec(&main, &place).status() == 0).then_some(())
    });
    person.exec(&main, prune).prints("0\n");
    for path in [&tree, &later] {
        git(Some(1234), path, &["status", "--short"]);
    }
    assert_eq!(git(Some(1234), &tree, &["status", "--short"]), "A  staged");
}
