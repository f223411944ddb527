//! The command line, read.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::app::GlobalArgs;
use crate::commands::{CliCommand, SessionCommand};

/// A whole Linux for AI coding agents, in a box.
///
/// Every workspace gets a system container of its own: systemd, sshd, its own
/// Docker, root that is nobody on the host. `cai` alone is `cai run`.
#[derive(Debug, Parser)]
#[command(name = "cai", version, propagate_version = true, arg_required_else_help = false)]
pub(crate) struct CommandLine<Verb: Subcommand = CliCommand> {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Verb,
}

/// Reads what the program was called with, its own name first.
///
/// To make the grammar of all verbs takes longer than to read the words, so one
/// that opens a session is read by the grammar of those alone. What that does
/// not understand, help included, is answered by the whole one.
pub(crate) fn parse(words: Vec<OsString>) -> clap::error::Result<CommandLine> {
    let words = with_default_subcommand(words);
    if first_argument(&words).is_some_and(|word| SessionCommand::has_subcommand(&word))
        && let Ok(CommandLine { global, command }) =
            CommandLine::<SessionCommand>::try_parse_from(&words)
    {
        return Ok(CommandLine { global, command: CliCommand::Session(command) });
    }
    CommandLine::try_parse_from(words)
}

/// The whole grammar.
pub(crate) fn full_command() -> clap::Command {
    CommandLine::<CliCommand>::command()
}

/// Puts `run` where no command is named: `cai`, `cai --image base`, `cai DIR`.
fn with_default_subcommand(mut words: Vec<OsString>) -> Vec<OsString> {
    let is_named = match first_argument(&words).as_deref() {
        None => false,
        Some("-h" | "--help" | "-V" | "--version" | "help") => true,
        Some(word) if word.starts_with('-') => false,
        // A word that is neither gets clap's message with a suggestion.
        Some(word) => CliCommand::has_subcommand(word) || !Path::new(word).is_dir(),
    };
    if !is_named {
        words.insert(1.min(words.len()), "run".into());
    }
    words
}

/// The first word that is no option of every command.
fn first_argument(words: &[OsString]) -> Option<Cow<'_, str>> {
    let mut rest = words.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = rest.next() {
        match word.as_ref() {
            "--docker-host" => drop(rest.next()),
            "-v" | "--verbose" | "--debug" | "-q" | "--quiet" | "--no-mux" => {}
            option if option.starts_with("--docker-host=") => {}
            _ => return Some(word),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn error_text(read: clap::error::Result<CommandLine>) -> String {
        match read {
            Ok(read) => format!("{read:#?}"),
            Err(error) => format!("{:?}\n{}", error.kind(), error.render().ansi()),
        }
    }

    /// What a reader of the whole grammar makes of it.
    fn parse_with_full_command(line: &str) -> String {
        error_text(CommandLine::try_parse_from(with_default_subcommand(words(line))))
    }

    #[test]
    fn command_definitions_are_consistent() {
        full_command().debug_assert();
        CommandLine::<SessionCommand>::command().debug_assert();
    }

    #[test]
    fn run_is_the_default_subcommand() {
        let check = |line: &str, expected: &str| {
            let args = with_default_subcommand(words(line));
            let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
            assert_eq!(words.join(" "), expected);
        };
        check("cai", "cai run");
        check("cai --image base", "cai run --image base");
        check("cai -- ls", "cai run -- ls");
        check("cai /", "cai run /");
        check("cai -v exec ls", "cai -v exec ls");
        check("cai --no-mux exec ls", "cai --no-mux exec ls");
        check("cai --docker-host run status", "cai --docker-host run status");
        check("cai stauts", "cai stauts");
        check("cai --version", "cai --version");
    }

    /// What follows a verb, understood or not.
    const ARGUMENT_TAILS: [&str; 18] = [
        "",
        " ls",
        " --help",
        " -- ls -la",
        " -h",
        " --version",
        " -V ls",
        " help",
        " --no-such-flag ls",
        " --container a -w /src -q ls exec run --help",
        " --container a/b ls",
        " --memory 4g --cpus two",
        " -e A=1 --env B -d -- sleep 9",
        " -q -v ls",
        " --docker-host ssh://box --no-mux ls",
        " --docker-host",
        " exec ls",
        " -D",
    ];

    fn check(line: &str) {
        assert_eq!(error_text(parse(words(line))), parse_with_full_command(line), "`{line}`");
    }

    #[test]
    fn session_parser_matches_full_parser() {
        for before in ["", " -v", " --docker-host exec", " --docker-host=x --no-mux"] {
            for verb in [" run", " shell", " exec", ""] {
                ARGUMENT_TAILS.iter().for_each(|rest| check(&format!("cai{before}{verb}{rest}")));
            }
        }
    }

    #[test]
    fn other_subcommands_use_the_full_parser() {
        let verbs = full_command().get_subcommands().flat_map(subcommand_names).collect::<Vec<_>>();
        let others = ["help", "help exec", "exce", "sandbox", "-h", "--version"].map(Into::into);
        for verb in verbs.into_iter().chain(others) {
            ARGUMENT_TAILS[..3].iter().for_each(|rest| check(&format!("cai {verb}{rest}")));
        }
    }

    fn subcommand_names(verb: &clap::Command) -> Vec<String> {
        verb.get_name_and_visible_aliases().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn session_subcommands_use_the_session_parser() {
        for line in
            ["cai exec ls", "cai", "cai -q run -- ls", "cai shell --reset", "cai exec -- -h"]
        {
            let words = with_default_subcommand(words(line));
            assert!(CommandLine::<SessionCommand>::try_parse_from(words).is_ok(), "`{line}`");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn session_parser_matches_full_parser_for_any_arguments(
            chosen in prop::collection::vec(prop::sample::select(sample_arguments()), 0..6),
        ) {
            let line = ["cai".to_owned()].into_iter().chain(chosen).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(error_text(parse(words(&line))), parse_with_full_command(&line), "`{}`", line);
        }
    }

    /// All that the verbs of a session know, and some of the others.
    fn sample_arguments() -> Vec<String> {
        let mut words: Vec<String> =
            ["exec", "run", "shell", "--", "ls", "a=b", "/", "4g", "stop", "help", "-h", "-x"]
                .map(Into::into)
                .into();
        for verb in CommandLine::<SessionCommand>::command().get_subcommands() {
            for arg in verb.get_arguments() {
                words.extend(arg.get_long().map(|long| format!("--{long}")));
                words.extend(arg.get_short().map(|short| format!("-{short}")));
            }
        }
        words
    }
}
