//! Words of earlier versions name their successors.

use crate::home::Home;
use crate::snapshot::{check, group};

/// Flags and verbs that are gone, and verbs that have another name now.
const OLD_WORDS: [&str; 21] = [
    "run --config x.toml",
    "run --channel nightly",
    "run --image-tag latest",
    "run --credentials none",
    "run --acknowledge-credential-risk",
    "run --allow-host-credentials",
    "run --i-understand-this-exposes-host-credentials",
    "run --volume /a:/b",
    "run --mount-docker-socket",
    "run --allow-host-docker-socket",
    "run --i-understand-this-grants-root-access",
    "run -D",
    "run --acp",
    "run --refresh",
    "sandbox run",
    "ssh --name mine",
    "sync-back",
    "sync",
    "ports list",
    "ports add 8080",
    "ports remove 8080",
];

/// Short names, which are no old words.
const SHORT_NAMES: [&str; 4] = ["rm", "images", "ls", "ps"];

#[test]
fn old_words_name_their_successors() {
    let home = Home::new();
    let transcript = |line: &&str| {
        let outcome = home.run(line);
        let is_named =
            ["was removed", "is deprecated"].iter().any(|it| outcome.stderr.contains(it));
        assert!(is_named, "{}", outcome.transcript());
        ("old_words".to_owned(), outcome.transcript())
    };
    check("old_words", &group(OLD_WORDS.iter().map(transcript)));
}

#[test]
fn short_names_are_accepted_silently() {
    let home = Home::new();
    let transcript = |line: &&str| {
        let outcome = home.run(line);
        assert!(!outcome.stderr.contains("deprecated"), "{}", outcome.transcript());
        ("short_names".to_owned(), outcome.transcript())
    };
    check("short_names", &group(SHORT_NAMES.iter().map(transcript)));
}
