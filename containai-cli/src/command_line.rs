//! Parsing of the command line.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::dispatch::{CliCommand, SessionCommand};
use crate::global_args::GlobalArgs;

/// Run AI coding agents in system containers
///
/// Each workspace gets its own system container with systemd, an SSH server and
/// its own Docker Engine. Root in the container maps to an unprivileged user on
/// the host. `cai` without a command is `cai run`.
#[derive(Debug, Parser)]
#[command(name = "cai", version, propagate_version = true, arg_required_else_help = false)]
pub(crate) struct CommandLine<Verb: Subcommand = CliCommand> {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Verb,
}

/// Parses the arguments of the program, its own name first.
///
/// Building the grammar of all commands takes longer than parsing, so commands that open a session
/// are parsed by a grammar of their own: it saves 4 to 8 % of a warm `cai exec`. If that fails, or for
/// help, the full grammar is used; help and suggestions come from what `extend` makes of it.
pub(crate) fn parse(
    words: Vec<OsString>,
    extend: impl FnOnce(clap::Command) -> clap::Command,
) -> clap::error::Result<CommandLine> {
    let words = with_default_subcommand(words);
    let is_session = |at: usize| SessionCommand::has_subcommand(&words[at].to_string_lossy());
    if first_argument(&words).is_some_and(is_session)
        && let Ok(CommandLine { global, command }) =
            CommandLine::<SessionCommand>::try_parse_from(&words)
    {
        return Ok(CommandLine { global, command: CliCommand::Session(command) });
    }
    CommandLine::try_parse_from(&words).or_else(|_| {
        let matches = extend(full_command()).try_get_matches_from(&words)?;
        CommandLine::from_arg_matches(&matches)
    })
}

/// Builds the grammar of all commands.
pub(crate) fn full_command() -> clap::Command {
    CommandLine::<CliCommand>::command()
}

/// Whether the word selects a command, or is an option.
pub(crate) fn is_command(word: &str) -> bool {
    word.starts_with('-') || word == "help" || CliCommand::has_subcommand(word)
}

/// Inserts `run` if no command is given: `cai`, `cai --image base`, `cai DIR`.
fn with_default_subcommand(mut words: Vec<OsString>) -> Vec<OsString> {
    let first = first_argument(&words).map(|at| words[at].to_string_lossy());
    let is_given = match first.as_deref() {
        None => false,
        Some("-h" | "--help" | "-V" | "--version" | "help") => true,
        Some(word) if word.starts_with('-') => false,
        // Any other word gets clap's message with a suggestion.
        Some(word) => CliCommand::has_subcommand(word) || !Path::new(word).is_dir(),
    };
    if !is_given {
        words.insert(1.min(words.len()), "run".into());
    }
    words
}

/// Returns the index of the first word that is not an option of every command.
pub(crate) fn first_argument(words: &[OsString]) -> Option<usize> {
    let mut rest = words.iter().enumerate().skip(1);
    while let Some((at, word)) = rest.next() {
        match word.to_string_lossy().as_ref() {
            "--docker-host" => drop(rest.next()),
            "--verbose" | "--debug" | "-q" | "--quiet" | "--no-mux" => {}
            option if option.starts_with("--docker-host=") => {}
            option if option.starts_with("-v") && option[1..].bytes().all(|it| it == b'v') => {}
            _ => return Some(at),
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

    /// The outcome of the full grammar.
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
        check("cai -vv exec ls", "cai -vv exec ls");
        check("cai --no-mux exec ls", "cai --no-mux exec ls");
        check("cai --docker-host run status", "cai --docker-host run status");
        check("cai stauts", "cai stauts");
        check("cai --version", "cai --version");
    }

    /// Valid and invalid arguments of commands.
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
        assert_eq!(
            error_text(parse(words(line), |grammar| grammar)),
            parse_with_full_command(line),
            "`{line}`"
        );
    }

    #[test]
    fn session_parser_matches_full_parser() {
        for before in ["", " -v", " -vv", " --docker-host exec", " --docker-host=x --no-mux"] {
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
            prop_assert_eq!(error_text(parse(words(&line), |grammar| grammar)), parse_with_full_command(&line), "`{}`", line);
        }
    }

    /// All arguments of session commands, and some of other commands.
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
