//! What of a `devcontainer.json` reaches the host.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};

use containai_tests::{Engine, Person};

use super::described::describe;

/// Who has what is mounted.
const OWNER: u32 = 4711;
const SECRET: &str = "hush-4711";

#[test]
fn what_reaches_this_machine_waits_for_approval_of_that_very_text() {
    let person = Person::new();
    let repository = person.repository("reaching");
    let mark = person.beside("reached");
    let text = format!(
        "{{\"initializeCommand\": \"echo talk; pwd > {}\", \"containerEnv\": {{\"TOKEN\": \"${{localEnv:TOKEN}}\"}}, \"forwardPorts\": [3999]}}",
        mark.display()
    );
    describe(&repository, &text);
    let run = || {
        let script = "printf '%s' \"$TOKEN\"";
        let words = ["run", "--image", "base", "--devcontainer", "--", "sh", "-c", script];
        person.cai(words).inside(&repository).env("TOKEN", SECRET).run()
    };
    run().fails(2, "unapproved access to this machine").tells("running a command").tells("cai trust");
    run().tells("cannot follow `.devcontainer/devcontainer.json`");
    assert!(!mark.exists() && person.containers(repository.path()).is_empty());
    let cai = |words: &[&str]| person.cai(words).inside(&repository);
    let shown = cai(&["trust", "--show"]).run().success().stdout();
    for line in ["(not approved)", "asks for a command on it", "asks for variables"] {
        assert!(shown.contains(line), "no `{line}` in {shown}");
    }
    cai(&["trust"]).run().fails(2, "nobody is there to approve");
    cai(&["trust", "--yes"]).run().success().tells("devcontainer.json");

    run().success().prints(SECRET).tells("talk");
    let here = fs::read_to_string(&mark).expect("it was run");
    assert_eq!(here.trim_end(), repository.path().display().to_string());
    // A variable of the host is the sessions', and nobody's who asks the engine.
    let container = person.container(repository.path());
    assert!(!container.to_string().contains(SECRET));
    let image = container["Image"].as_str().expect("an image").to_owned();
    let history = person.api().get(&format!("/images/{image}/history")).to_string();
    assert!(!history.contains(SECRET));
    let ssh = || {
        let alias = person.alias(repository.path());
        let output = person.openssh("ssh").arg("-G").arg(alias).output().expect("ssh is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    cai(&["config", "set", "devcontainer", "on"]).run().success();
    cai(&["--no-mux", "exec", "--", "true"]).env("TOKEN", SECRET).run().success();
    assert!(ssh().contains("localforward 3999"), "{}", ssh());

    // Another text is another matter: the container that is there is entered,
    // and nothing new reaches the host.
    fs::remove_file(&mark).expect("it was run");
    describe(&repository, &text.replace("pwd", "pwd; pwd"));
    run().fails(2, "unapproved access to this machine");
    let entered = cai(&["run", "--", "true"]).run();
    entered.success().tells("a new container could not be made");
    cai(&["stop"]).run().success();
    cai(&["run", "--", "true"]).run().success();
    assert!(!mark.exists());
    cai(&["trust", "--revoke"]).run().success();
    describe(&repository, &text);
    run().fails(2, "unapproved access to this machine");
    assert!(!mark.exists());
}

#[test]
fn what_is_mounted_besides_waits_for_approval_and_is_the_agents_inside() {
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
         \"type=bind,source={source},target=/fixed,readonly\"]}}"
    );
    describe(&repository, &text);
    let cai = |words: &[&str]| person.cai(words.iter().copied()).inside(&repository);
    let run = |flag: &str, script: &str| {
        cai(&["run", "--image", "base", "--devcontainer", flag, "--", "sh", "-c", script]).run()
    };
    run("--keep", "true").fails(2, "(`mounts`)").tells("cai trust");
    assert!(person.containers(repository.path()).is_empty());
    cai(&["trust", "--yes"]).run().success();
    let plan = run("--dry-run", "true").success().stdout();
    assert!(plan.contains(&format!("mount      {source} at /fixed, read-only")), "{plan}");
    let script = "cat /data/old; stat -c %U /data/old; echo made > /data/new; \
                  echo x 2> /dev/null > /fixed/x || echo fixed; sudo touch /cache/c; ls /cache";
    run("--keep", script).success().prints("here\nagent\nfixed\nc\n");
    let made = fs::metadata(data.join("new")).expect("it was made");
    assert_eq!((made.uid(), made.gid()), (OWNER, OWNER));
    // They are there after a restart, and in a container made anew.
    cai(&["stop"]).run().success();
    run("--keep", "cat /data/new; ls /cache").success().prints("made\nc\n");
    run("--fresh", "cat /data/new; ls /cache").success().prints("made\nc\n");
    cai(&["stop", "--remove"]).run().success();
    person.api().delete(&format!("/volumes/{volume}"));
}

#[test]
fn keys_the_engine_and_the_home_are_mounted_for_nobody() {
    let person = Person::new();
    let repository = person.repository("greedy");
    let home = person.home();
    fs::create_dir_all(home.join(".ssh")).expect("a directory can be made");
    symlink(home.join(".ssh"), repository.join("innocent")).expect("a link can be made");
    let cai = |words: &[&str]| person.cai(words.iter().copied()).inside(&repository);
    let refused = |source: &str, why: &str| {
        let text = format!("{{\"mounts\": [\"type=bind,source={source},target=/x\"]}}");
        describe(&repository, &text);
        cai(&["trust", "--yes"]).run().success();
        cai(&["run", "--image", "base", "--devcontainer", "--", "true"]).run().fails(2, why);
    };
    refused("/", "it holds or belongs to");
    refused(&home.display().to_string(), "it holds or belongs to");
    refused("${localEnv:HOME}/.ssh", "it holds or belongs to");
    refused("${localWorkspaceFolder}/innocent", "it holds or belongs to");
    refused(&home.join(".config/containai").display().to_string(), "it holds or belongs to");
    refused("/proc/self/root/etc/ssh", "the system");
    refused("/usr", "the engine");
    refused("/no/such/place", "is not mounted");
    refused(&Engine::shared().socket().display().to_string(), "is neither a directory nor a file");
    assert!(person.containers(repository.path()).is_empty());
}
