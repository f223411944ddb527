//! The choice between several files, and the approval of each.

use containai_tests::Person;

use super::files::write;

#[test]
fn several_files_or_none_are_an_error_with_the_list() {
    let person = Person::new();
    let repository = person.repository("choices");
    let cai = |words: &[&str]| person.cai(words.iter().copied()).current_dir(&repository);
    let plan = |flag: &str| cai(&["run", "--image", "base", flag, "--dry-run", "--", "true"]).run();
    plan("--devcontainer").fails(2, "has no devcontainer.json");
    write(&repository, ".devcontainer/a/devcontainer.json", "{\"initializeCommand\": \"true\"}");
    plan("--devcontainer")
        .fails(2, "unapproved access")
        .stderr_contains("cai trust --devcontainer=");
    write(&repository, ".devcontainer/b/devcontainer.json", "{\"containerEnv\": {\"B\": \"1\"}}");
    plan("--devcontainer").fails(2, "has several configurations").stderr_contains(
        "`.devcontainer/a/devcontainer.json`, `.devcontainer/b/devcontainer.json`",
    );
    let b = plan("--devcontainer=.devcontainer/b/devcontainer.json").success().stdout();
    assert!(b.contains("env        B=1"), "{b}");
    plan("--devcontainer=c.json")
        .fails(2, "there is no `c.json`")
        .stderr_contains(".devcontainer/b/devcontainer.json");

    // Each file has an approval of its own.
    write(&repository, "c.json", "{\"initializeCommand\": \"false\"}");
    plan("--devcontainer=c.json").fails(2, "unapproved").stderr_contains("--devcontainer=c.json");
    cai(&["trust", "--yes", "--devcontainer=c.json"]).run().success().stderr_contains("c.json");
    plan("--devcontainer=c.json").success();
    cai(&["trust", "--yes"]).run().success().stderr_contains(".devcontainer/a/devcontainer.json");
    plan("--devcontainer=.devcontainer/a/devcontainer.json").success();
    plan("--devcontainer=c.json").success();
    cai(&["trust", "--revoke"]).run().success();
    plan("--devcontainer=c.json").fails(2, "unapproved");
    // What cannot be followed is neither shown for approval nor approved.
    write(&repository, "c.json", "{\"initializeCommand\": \"x\", \"runArgs\": [\"--pid=host\"]}");
    plan("--devcontainer=c.json").fails(2, "`runArgs --pid host` is not supported");
    cai(&["trust", "--yes", "--devcontainer=c.json"]).run().fails(2, "nothing is approved");
}
