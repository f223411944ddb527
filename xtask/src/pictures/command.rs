//! The pictures of the documents.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use containai_tests::{Person, Repository};

use super::recording::{Recording, Size};
use super::svg;
use crate::project::{self, succeed};
use crate::test;

/// The commands of the first picture.
const FIRST_RUN: [&str; 6] = [
    "cai run -- hostname",
    "cai run -- systemctl is-system-running --wait",
    "cai run -- sh -c 'sudo id -un; cat /proc/self/uid_map'",
    "cai run -- docker info --format 'Docker {{.ServerVersion}} on {{.Driver}}'",
    "cai stats",
    "time cai exec -- true",
];

/// The width of all pictures, in cells.
const COLUMNS: u16 = 96;

/// Records all pictures on the engine of the end-to-end tests and writes them to `docs/pictures`.
/// Has to run as root, as these tests do.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    if std::env::var_os("CONTAINAI_TEST_CAI").is_none() {
        succeed(project::cargo(&["build", "--locked", "--package=containai-cli", "--bin=cai"]))?;
    }
    let directory = project::root().join("docs/pictures");
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create `{}`", directory.display()))?;
    let person = Person::new();
    let repository = Repository::create(person.home().join("src/api"));
    // Creates key and SSH configuration, which a first run reports with the paths of the tests.
    person.run(&repository, "true").success();
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    // The first run on a terminal asks for it.
    person.cai(["config", "set", "--global", "import.on_create", "false"]).run().success();
    let mut session = Recording::start(&person, repository.path(), size(60)?);
    for command in FIRST_RUN {
        session.enter(command);
    }
    write(&directory.join("first-run.svg"), "A terminal session with cai", &session)?;
    let mut top = Recording::start(&person, repository.path(), size(14)?);
    top.open("cai top", "api-main");
    write(&directory.join("top.svg"), "cai top with one container", &top)?;
    drop((session, top, person));
    test::stop_engine();
    Ok(ExitCode::SUCCESS)
}

fn size(rows: u16) -> anyhow::Result<Size> {
    let length = |length| NonZero::new(length).context("a terminal has cells");
    Ok(Size { columns: length(COLUMNS)?, rows: length(rows)? })
}

fn write(path: &Path, title: &str, recording: &Recording) -> anyhow::Result<()> {
    let picture = svg::render(&recording.screen(), title);
    fs::write(path, picture).with_context(|| format!("cannot write `{}`", path.display()))?;
    println!("{}", path.display());
    Ok(())
}
