//! Access of a `devcontainer.json` to the host.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};

use containai_tests::{Engine, Person};

use super::files::write_devcontainer;

/// The owner of the mounted directories.
const OWNER: u32 = 4711;
const SECRET: &str = "hush-4711";

#[test]
fn access_to_the_host_requires_approval_of_the_text() {
    let person = Person::new();
    let repository = person.repository("reaching");
    let mark = person.beside("reached");
    let text = format!(
        "{{\"initializeCommand\": \"echo talk; pwd > {}\", \"containerEnv\": {{\"TOKEN\": \"${{localEnv:TOKEN}}\"}}, \"forwardPorts\": [3999]}}",
        mark.display()
    );
    write_devcontainer(&repository, &text);
    let run = || {
        let script = "printf '%s' \"$TOKEN\"";
        let words = ["run", "--image", "base", "--devcontainer", "--", "sh", "-c", script];
        person.cai(words).current_dir(&repository).env("TOKEN", SECRET).run()
    };
    run()
        .fails(2, "unapproved access to this machine")
        .stderr_contains("running a command")
        .stderr_contains("cai trust");
    run().stderr_contains("cannot use `.devcontainer/devcontainer.json`");
    assert!(!mark.exists() && person.containers(repository.path()).is_empty());
    let cai = |words: &[&str]| person.cai(words).current_dir(&repository);
    let shown = cai(&["trust", "--show"]).run().success().stdout();
    for line in ["(not approved)", "asks for running a command", "asks for reading variables"] {
        assert!(shown.contains(line), "no `{line}` in {shown}");
    }
    cai(&["trust"]).run().fails(2, "approval required but stdin is not a terminal");
    cai(&["trust", "--yes"]).run().success().stderr_contains("devcontainer.json");

    run().success().prints(SECRET).stderr_contains("talk");
    let here = fs::read_to_string(&mark).expect("it was run");
    assert_eq!(here.trim_end(), repository.path().display().to_string());
    // A variable of the host is visible to sessions, and not in the engine's inspection.
    let container = person.container(repository.path());
    assert!(!container.to_string().contains(SECRET));
    let image = container["Image"].as_str().expect("an image").to_owned();
    let history = person.api().get(&format!("/images/{image}/history")).to_string();
    assert!(!history.contains(SECRET));
    // The variables and the ports belong to the container: they need no flag.
    let words = ["--no-mux", "exec", "--", "sh", "-c", "printf '%s' \"$TOKEN\""];
    cai(&words).env("TOKEN", SECRET).run().success().prints(SECRET);
    let open = cai(&["forward", "list"]).run().success().stdout();
    assert!(open.contains("-L 3999:localhost:3999"), "{open}");
    cai(&["config", "set", "devcontainer", "on"]).run().success();

    // Another text needs another approval: the existing container is entered, and nothing new
    // reaches the host.
    fs::remove_file(&mark).expect("it was run");
    write_devcontainer(&repository, &text.replace("pwd", "pwd; pwd"));
    run().fails(2, "unapproved access to this machine");
    let entered = cai(&["run", "--", "true"]).run();
    entered.success().stderr_contains("a new container could not be created");
    cai(&["stop"]).run().success();
    cai(&["run", "--", "true"]).run().success();
    assert!(!mark.exists());
    cai(&["trust", "--revoke"]).run().success();
    write_devcontainer(&repository, &text);
    run().fails(2, "unapproved access to this machine");
    assert!(!mark.exists());
}

#[test]
fn extra_mounts_require_approval_and_belong_to_the_agent() {
    let person = Person::new();
    let repository = person.repository("mounting");
    let data = person.beside("data");
    fs::create_dir(&data).expect("a directory can be made");
    fs::write(data.join("old"), "here\n").expect("a file can be written");
    for path in [&data, &data.join("old")] {
        chown(path, Some(OWNER), Some(OWNER)).expect("root may do that");
    }
    let source = data.display();
    let volume = format!("cache-{}", std::process::id());
    let text = format!(
        "{{\"mounts\": [\"type=bind,source={source},target=/data\", \
         {{\"type\": \"volume\", \"source\": \"{volume}\", \"target\": \"/cache\"}}, \
         \"type=bind,source={source},target=/fixed,readonly\", \
         \"type=bind,source=/no/such/place,target=/absent\"]}}"
    );
    write_devcontainer(&repository, &text);
    let cai = |words: &[&str]| person.cai(words.iter().copied()).current_dir(&repository);
    let run = |flag: &str, script: &str| {
        cai(&["run", "--image", "base", "--devcontainer", flag, "--", "sh", "-c", script]).run()
    };
    run("--keep", "true").fails(2, "(`mounts`)").stderr_contains("cai trust");
    assert!(person.containers(repository.path()).is_empty());
    cai(&["trust", "--yes"]).run().success();
    let plan = run("--dry-run", "true").success().stdout();
    let absent = "`mounts /absent` has no effect: `/no/such/place` does not exist";
    assert!(plan.contains(absent), "{plan}");
    assert!(plan.contains(&format!("mount      {source} at /fixed, read-only")), "{plan}");
    let script = "cat /data/old; stat -c %U /data/old; echo made > /data/new; \
                  echo x 2> /dev/null > /fixed/x || echo fixed; sudo touch /cache/c; ls /cache";
    run("--keep", script).success().prints("here\nagent\nfixed\nc\n");
    let made = fs::metadata(data.join("new")).expect("it was made");
    assert_eq!((made.uid(), made.gid()), (OWNER, OWNER));
    // They exist after a restart, and in a recreated container.
    cai(&["stop"]).run().success();
    run("--keep", "cat /data/new; ls /cache").success().prints("made\nc\n");
    run("--fresh", "cat /data/new; ls /cache").success().prints("made\nc\n");
    cai(&["stop", "--remove"]).run().success();
    person.api().delete(&format!("/volumes/{volume}"));
}

#[test]
fn keys_engine_and_home_are_never_mounted() {
    let person = Person::new();
    let repository = person.repository("greedy");
    let home = person.home();
    fs::create_dir_all(home.join(".ssh")).expect("a directory can be made");
    symlink(home.join(".ssh"), repository.join("innocent")).expect("a link can be made");
    let cai = |words: &[&str]| person.cai(words.iter().copied()).current_dir(&repository);
    let refused = |source: &str, why: &str| {
        let text = format!("{{\"mounts\": [\"type=bind,source={source},target=/x\"]}}");
        write_devcontainer(&repository, &text);
        cai(&["trust", "--yes"]).run().success();
        cai(&["run", "--image", "base", "--devcontainer", "--", "true"]).run().fails(2, why);
    };
    refused("/", "it contains or belongs to");
    refused(&home.display().to_string(), "it contains or belongs to");
    refused("${localEnv:HOME}/.ssh", "it contains or belongs to");
    refused("${localWorkspaceFolder}/innocent", "it contains or belongs to");
    refused(&home.join(".config/containai").display().to_string(), "it contains or belongs to");
    refused("/proc/self/root/etc/ssh", "the system");
    refused("/usr", "the engine");
    refused(&Engine::shared().socket().display().to_string(), "is neither a directory nor a file");
    assert!(person.containers(repository.path()).is_empty());
}
