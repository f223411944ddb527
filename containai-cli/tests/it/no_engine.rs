//! Every verb while no engine answers.

use std::collections::BTreeMap;

use crate::home::Home;
use crate::snapshot::{check, group};
use crate::verb::{first_word, verbs};

/// The arguments with which a verb is run.
enum Case {
    /// These, which are all that it needs.
    With(&'static [&'static str]),
    /// It is not run, because of this.
    Not(&'static str),
}

use Case::{Not, With};

/// Every verb, with all that it needs besides an engine.
const CASES: [(&str, Case); 82] = [
    ("", With(&[""])),
    ("run", With(&["", "-- true", "--container mine", "--ephemeral -- true"])),
    ("shell", With(&["", "--container mine"])),
    ("exec", With(&["-- true", "--container mine -- true"])),
    ("attach", With(&["", "mine", "-n claude"])),
    ("agents", With(&["", "--json"])),
    ("login", With(&["", "claude", "nosuchagent"])),
    ("logout", With(&["claude"])),
    ("first-start", Not("it runs in containers")),
    ("session", With(&[""])),
    ("session list", With(&["", "--json", "mine"])),
    ("session attach", With(&[""])),
    ("session send", With(&["claude text"])),
    ("session logs", With(&["", "claude"])),
    ("session wait", With(&[""])),
    ("session stop", With(&["claude"])),
    ("session remove", With(&["claude"])),
    ("cp", With(&["mine:file .", ". mine:directory"])),
    ("import", With(&["", "--dry-run"])),
    ("export", With(&["", "--output out.tgz"])),
    ("links", With(&[""])),
    ("links check", With(&["", "mine"])),
    ("links fix", With(&["", "mine"])),
    ("links adopt", With(&[""])),
    ("stop", With(&["", "--all", "mine"])),
    ("status", With(&["", "--json"])),
    ("list", With(&["", "--json"])),
    ("logs", With(&[""])),
    ("stats", With(&[""])),
    ("top", With(&[""])),
    ("resources", With(&["", "--cpus 2"])),
    ("df", With(&["", "--json"])),
    ("gc", With(&["", "--dry-run"])),
    ("snapshot", With(&[""])),
    ("snapshot create", With(&[""])),
    ("snapshot list", With(&["", "--json"])),
    ("snapshot restore", With(&["mine"])),
    ("snapshot fork", With(&["mine"])),
    ("snapshot remove", With(&["mine"])),
    ("ssh", With(&[""])),
    ("ssh config", With(&["", "mine"])),
    ("ssh cleanup", With(&["", "--dry-run"])),
    ("ssh proxy", With(&["2300"])),
    (
        "forward",
        With(&["3000", "--auto", "-L 8080:localhost:80", "--background -L 8080:localhost:80"]),
    ),
    ("forward list", With(&["", "--json"])),
    ("forward remove", With(&["", "8080"])),
    ("open", With(&["", ":3000"])),
    ("ports", With(&["", "--json"])),
    ("acp", With(&[""])),
    ("acp proxy", With(&["claude"])),
    ("acp setup", With(&["zed claude", "neovim"])),
    ("start", With(&[""])),
    ("restart", With(&["", "mine"])),
    ("rename", With(&["mine", "mine yours"])),
    ("config", With(&[""])),
    ("config list", With(&["", "--json"])),
    ("config get", With(&["image"])),
    ("config set", With(&["image base"])),
    ("config unset", With(&["image"])),
    ("config edit", With(&[""])),
    ("config path", With(&[""])),
    ("template", With(&[""])),
    ("template list", With(&["", "--json"])),
    ("template new", With(&["mine"])),
    ("template build", With(&["", "mine"])),
    ("template check", With(&["", "mine"])),
    ("template upgrade", With(&["", "mine"])),
    ("trust", With(&["", "--list"])),
    ("workspace", With(&[""])),
    ("workspace move", With(&["/nosuchdirectory ."])),
    ("workspace pull", With(&["", "mine"])),
    ("workspace reclaim", With(&[""])),
    ("workspace reclaim-inside", Not("it is for helper containers")),
    ("image", With(&[""])),
    ("image list", With(&["", "--json"])),
    ("image build", With(&["base"])),
    ("image pull", With(&["base"])),
    ("image prune", With(&["", "--dry-run"])),
    ("setup", Not("it changes the machine, and its plan depends on it")),
    ("version", With(&["", "--json"])),
    ("completion", With(&["bash"])),
    ("reference", Not("it writes the reference, which a step of `cargo xtask test` compares")),
];

/// A remote engine that does not answer either.
const REMOTE: &str = "--docker-host tcp://127.0.0.1:1";

#[test]
fn every_verb_says_that_no_engine_answers() {
    let cases: BTreeMap<_, _> = CASES.iter().map(|(verb, case)| (*verb, case)).collect();
    let verbs = verbs(&Home::new());
    let missing: Vec<_> = verbs.iter().filter(|verb| !cases.contains_key(verb.as_str())).collect();
    assert!(missing.is_empty(), "verbs without a case: {missing:?}");
    let unknown: Vec<_> = cases.keys().filter(|verb| !verbs.iter().any(|it| it == *verb)).collect();
    assert!(unknown.is_empty(), "cases without a verb: {unknown:?}");

    let mut transcripts = Vec::new();
    for (verb, case) in &CASES {
        let lines = match case {
            With(lines) => lines,
            Not(reason) => {
                assert!(!reason.is_empty());
                continue;
            }
        };
        for line in *lines {
            // Each in a home of its own: none finds what another left.
            let outcome = Home::new().run(format!("{verb} {line}").trim());
            transcripts.push((first_word(verb).to_owned(), outcome.transcript()));
        }
    }
    check("no_engine", &group(transcripts));
}

#[test]
fn an_engine_that_is_named_is_named_in_the_message() {
    let lines = ["status", "run -- true", "list", "stop"].map(|verb| format!("{REMOTE} {verb}"));
    let transcript = |line: &String| ("remote".to_owned(), Home::new().run(line).transcript());
    check("no_remote_engine", &group(lines.iter().map(transcript)));
}
