//! Mistakes on the command line.

use containai_core::exit;

use crate::home::Home;
use crate::snapshot::{check, group};
use crate::verb::{first_word, verbs};

/// Mistakes besides an unknown option, which every verb gets.
const MISTAKES: [&str; 50] = [
    "claued",
    "run --output json",
    "run --prompt x --max-time soon",
    "run --max-time 5m -- true",
    "claude",
    "nosuchverb",
    "statsu",
    "--docker-host",
    "--docker-host nonsense status",
    "--quiet --verbose status",
    "run --cpus many",
    "run --cpus 0",
    "run --memory lots",
    "run --env =x",
    "run --env-file nosuchfile -- true",
    "run --fresh --reset",
    "run --ephemeral --detach -- true",
    "run nosuchdirectory",
    "run ./nosuchdirectory",
    "run --container NAME!",
    "run --image UPPER",
    "run --isolation nonsense",
    "shell --container mine nosuchdirectory",
    "exec",
    "exec --container NAME! -- true",
    "cp",
    "cp one",
    "cp one two",
    "cp mine:one mine:two",
    "export --output",
    "import --from nosuchfile",
    "links",
    "links check --container NAME!",
    "resources --cpus many",
    "resources --memory lots",
    "gc --age soon",
    "snapshot restore",
    "snapshot create NAME!",
    "forward",
    "forward -L nonsense",
    "forward remove",
    "workspace pull mine --container mine",
    "links adopt",
    "ssh proxy",
    "config get nosuch.setting",
    "config get imagee",
    "config set image",
    "template new NAME!",
    "image build nosuchimage",
    "completion nosuchshell",
];

#[test]
fn unknown_options_are_usage_errors() {
    let home = Home::new();
    let transcript = |verb: &String| {
        let outcome = home.run(format!("{verb} --no-such-option").trim());
        let transcript = outcome.transcript();
        assert_eq!(outcome.status.code(), Some(i32::from(exit::USAGE)), "{transcript}");
        assert!(outcome.stdout.is_empty(), "{transcript}");
        (first_word(verb).to_owned(), transcript)
    };
    check("unknown_option", &group(verbs(&home).iter().map(transcript)));
}

#[test]
fn mistakes_are_explained() {
    let home = Home::new();
    let transcript = |mistake: &&str| {
        let outcome = home.run(mistake);
        assert!(!outcome.status.success(), "{}", outcome.transcript());
        (first_word(mistake).trim_start_matches('-').to_owned(), outcome.transcript())
    };
    check("mistake", &group(MISTAKES.iter().map(transcript)));
}
