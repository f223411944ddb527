//! Repository chores: `cargo xtask <verb>`.

use std::process::ExitCode;

mod bench;
mod book;
mod compatibility;
mod generate;
mod msrv;
mod package;
mod pictures;
mod project;
mod reference;
mod test;
mod tidy;
mod vectors;

const USAGE: &str = "\
usage: cargo xtask <verb>

  test [STEP…]    provision what the tests need, then run all of them
  tidy [RULE…]    check the house rules, or only the named ones
  bench [RUNS]    measure against Docker and OpenSSH; default 15 runs each
  compatibility   try foreign SSH clients and write docs/compatibility.md
  book [check]    check the documents, then build the book; `check` only checks
  pictures        record the terminal pictures of the documents on a real engine
  reference       write docs/reference from the tables that the parser uses
  semver [REV]    compare the libraries' interfaces with a revision or the latest release
  generate        write what images carry and manifests say
  vectors DIR     compare our functions with recorded ones
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let verb = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let outcome = match verb.as_str() {
        "test" => test::run(&rest),
        "tidy" => tidy::run(&rest),
        "compatibility" if rest.is_empty() => compatibility::run(),
        "reference" if rest.is_empty() => reference::run(),
        "bench" => bench::run(&rest),
        "book" => book::run(&rest),
        "pictures" if rest.is_empty() => pictures::run(),
        "semver" => package::compare(&rest),
        "generate" if rest.is_empty() => generate::run(),
        "vectors" if rest.len() == 1 => vectors::run(rest[0].as_ref()),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
