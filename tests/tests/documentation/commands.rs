//! The command blocks of the tutorial and the guides, each page from top to bottom.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use containai_tests::markdown::{Content, Part, parts};
use containai_tests::{Person, Repository, TestRoot};

/// The longest time that a page may take.
const LIMIT: Duration = Duration::from_secs(150);

/// The comment above a block that is not run, with its reason.
const NOT_RUN: &str = "not run:";

/// The comment above a block that needs a preparation, with its command.
const BEFORE: &str = "before:";

/// Pages run one after the other: all of them use one name of a container and the same ports.
#[test]
fn every_command_of_the_tutorial_and_the_guides_runs() {
    let mut failures = Vec::new();
    for page in pages() {
        let script = script(&page);
        if script.is_empty() {
            continue;
        }
        let person = Person::new();
        let outcome = run(&person, &script);
        if outcome.status() != 0 {
            failures.push(format!("{}: {outcome}", page.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_block_that_is_not_run_has_a_reason() {
    for page in pages() {
        for part in read(&page) {
            if let Content::Comment(comment) = &part.content {
                let is_known = [NOT_RUN, BEFORE].into_iter().any(|prefix| {
                    comment.strip_prefix(prefix).is_some_and(|rest| !rest.trim().is_empty())
                });
                assert!(is_known, "{}:{}: `{comment}`", page.display(), part.line);
            }
        }
    }
}

/// The tutorial and the guides, in the order of their names.
fn pages() -> Vec<PathBuf> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let guides = fs::read_dir(docs.join("guide")).expect("there are guides");
    let mut pages: Vec<_> = guides.map(|entry| entry.expect("an entry").path()).collect();
    pages.push(docs.join("tutorial.md"));
    pages.sort();
    pages
}

fn read(page: &Path) -> Vec<Part> {
    parts(&fs::read_to_string(page).expect("a page is text"))
}

/// The commands of a page as one script, which prints the place of each block to stderr.
fn script(page: &Path) -> String {
    let mut script = String::new();
    let mut is_left_out = false;
    for Part { line, content } in read(page) {
        match content {
            Content::Comment(comment) if comment.starts_with(NOT_RUN) => is_left_out = true,
            Content::Comment(comment) => {
                let command = comment.strip_prefix(BEFORE).unwrap_or_default();
                script.push_str(&format!("{}\n", command.trim()));
            }
            Content::Code { language, text } => {
                let commands = commands(&language, &text);
                if !std::mem::take(&mut is_left_out) && !commands.is_empty() {
                    let place = format!("{}:{line}", page.display());
                    script.push_str(&format!("echo '== {place}' >&2\n{commands}"));
                }
            }
            Content::Heading(_) | Content::Line(_) => {}
        }
    }
    script
}

/// The commands of a block: all lines of `sh`, those behind `$` of `console`.
fn commands(language: &str, text: &str) -> String {
    match language {
        "sh" => text.to_owned(),
        "console" => {
            let commands = text.lines().filter_map(|line| line.strip_prefix("$ "));
            commands.flat_map(|command| [command, "\n"]).collect()
        }
        _ => String::new(),
    }
}

/// Runs a script as the reader of a page does: in `~/src/api`, with `cai` on the path. New
/// containers are made from `base`, which the tests' engine has.
#[track_caller]
fn run(person: &Person<'_>, script: &str) -> containai_tests::Outcome {
    let home = person.home();
    let repository = Repository::create(home.join("src/api"));
    let identity = "[user]\nname = Reader\nemail = reader@example.com\n[safe]\ndirectory = *\n";
    fs::write(home.join(".gitconfig"), identity).expect("a file can be written");
    let bin = home.join("bin");
    fs::create_dir_all(&bin).expect("a directory can be made");
    // OpenSSH takes the home directory from the password database, whatever `HOME` says.
    for program in ["ssh", "scp"] {
        let text = format!("#!/bin/sh\nexec /usr/bin/{program} -F \"$HOME/.ssh/config\" \"$@\"\n");
        fs::write(bin.join(program), text).expect("a file can be written");
        fs::set_permissions(bin.join(program), fs::Permissions::from_mode(0o755))
            .expect("it can be made a program");
    }
    let cai = TestRoot::cai().parent().expect("a directory").display();
    let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    person
        .cai(Vec::<String>::new())
        .prefixed_with(["sh", "-ec", script])
        .env("PATH", format!("{}:{cai}:{system}", bin.display()))
        .env("CONTAINAI_IMAGE", "base")
        .current_dir(&repository)
        .timeout(LIMIT)
        .run()
}
