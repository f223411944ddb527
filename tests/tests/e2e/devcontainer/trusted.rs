//! What of a `devcontainer.json` reaches the host.

use containai_tests::Person;

use super::described::describe;

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
    run().fails(2, "which nobody has approved").tells("a command on it").tells("cai trust");
    assert!(!mark.exists() && person.containers(repository.path()).is_empty());
    let cai = |words: &[&str]| person.cai(words).inside(&repository);
    let shown = cai(&["trust", "--show"]).run().success().stdout();
    for line in ["(not approved)", "asks for a command on it", "asks for variables"] {
        assert!(shown.contains(line), "no `{line}` in {shown}");
    }
    cai(&["trust"]).run().fails(2, "nobody is there to approve");
    cai(&["trust", "--yes"]).run().success().tells("devcontainer.json");

    run().success().prints(SECRET).tells("talk");
    let here = std::fs::read_to_string(&mark).expect("it was run");
    assert_eq!(here.trim_end(), repository.path().display().to_string());
    // A variable of the host is the sessions', and nobody's who asks the engine.
    let container = person.container(repository.path());
    assert!(!container.to_string().contains(SECRET));
    let image = container["Image"].as_str().expect("an image").to_owned();
    let history = person.api().get(&format!("/images/{image}/history")).to_string();
    assert!(!history.contains(SECRET));
    let ssh = || {
        let alias = format!("containai-{}", person.container_name(repository.path()));
        let output = person.openssh("ssh").arg("-G").arg(alias).output().expect("ssh is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    cai(&["config", "set", "devcontainer", "on"]).run().success();
    cai(&["--no-mux", "exec", "--", "true"]).env("TOKEN", SECRET).run().success();
    assert!(ssh().contains("localforward 3999"), "{}", ssh());

    // Another text is another matter: the container that is there is entered,
    // and nothing new reaches the host.
    std::fs::remove_file(&mark).expect("it was run");
    describe(&repository, &text.replace("pwd", "pwd; pwd"));
    run().fails(2, "which nobody has approved");
    let entered = cai(&["run", "--", "true"]).run();
    entered.success().tells("a new container could not be made");
    cai(&["stop"]).run().success();
    cai(&["run", "--", "true"]).run().success();
    assert!(!mark.exists());
    cai(&["trust", "--revoke"]).run().success();
    describe(&repository, &text);
    run().fails(2, "which nobody has approved");
    assert!(!mark.exists());
}

#[test]
fn mounts_are_refused() {
    let person = Person::new();
    let repository = person.repository("mounting");
    describe(&repository, "{\"mounts\": [\"source=/,target=/host,type=bind\"]}");
    let run = || person.cai(["run", "--devcontainer", "--", "true"]).inside(&repository).run();
    run().fails(2, "directories (`mounts`)");
    person.cai(["trust", "--yes"]).inside(&repository).run().success();
    run().fails(2, "`mounts` cannot be followed");
}
