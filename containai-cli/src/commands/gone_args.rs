//! Flags of the version that was a shell script, and what came in their place.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use containai_core::hint::Hint;

use crate::error::CliError;

/// A flag that is no more.
struct Gone {
    name: &'static str,
    /// Whether a word followed it.
    takes: Takes,
    why: &'static str,
    instead: &'static str,
}

enum Takes {
    Nothing,
    Word,
}

const MOUNTS: &str = "only the workspace and its volumes are ever mounted";
const SOCKET: &str = "no container gets the socket of an engine";
const CREDENTIALS: &str = "no container gets the credentials of the host";
const INNER: &str = "use the container's own Docker: `docker` works inside";
const IMPORT: &str = "leave it out; what agents sign in with stays in the workspace's data volume";

const fn gone(name: &'static str, takes: Takes, why: &'static str, instead: &'static str) -> Gone {
    Gone { name, takes, why, instead }
}

const GONE: [Gone; 11] = [
    gone(
        "config",
        Takes::Word,
        "there is one configuration file",
        "set `XDG_CONFIG_HOME`, or give the settings as flags",
    ),
    gone(
        "channel",
        Takes::Word,
        "an image is named by itself",
        "use `--image REFERENCE`, such as `ghcr.io/me/image:nightly`",
    ),
    gone(
        "image-tag",
        Takes::Word,
        "an image is named by itself",
        "use `--image REFERENCE`, the tag included",
    ),
    gone("credentials", Takes::Word, CREDENTIALS, IMPORT),
    gone("acknowledge-credential-risk", Takes::Nothing, CREDENTIALS, IMPORT),
    gone("allow-host-credentials", Takes::Nothing, CREDENTIALS, IMPORT),
    gone("i-understand-this-exposes-host-credentials", Takes::Nothing, CREDENTIALS, IMPORT),
    gone(
        "volume",
        Takes::Word,
        MOUNTS,
        "copy with `cai cp`, or name a data volume with `--data-volume`",
    ),
    gone("mount-docker-socket", Takes::Nothing, SOCKET, INNER),
    gone("allow-host-docker-socket", Takes::Nothing, SOCKET, INNER),
    gone("i-understand-this-grants-root-access", Takes::Nothing, SOCKET, INNER),
];

/// The flags that are no more, hidden from the help.
#[derive(Clone, Debug, Default)]
pub(crate) struct GoneArgs(Vec<usize>);

impl GoneArgs {
    /// Refuses the first of them that was given.
    pub(crate) fn refuse(&self) -> Result<(), CliError> {
        let Some(Gone { name, why, instead, .. }) = self.0.first().and_then(|n| GONE.get(*n))
        else {
            return Ok(());
        };
        Err(CliError::usage(format!("there is no `--{name}` any more: {why}"))
            .hint(Hint::new(*instead)))
    }
}

impl Args for GoneArgs {
    fn augment_args(command: Command) -> Command {
        GONE.iter().fold(command, |command, Gone { name, takes, .. }| {
            let action = match takes {
                Takes::Nothing => ArgAction::SetTrue,
                Takes::Word => ArgAction::Append,
            };
            command.arg(Arg::new(id(name)).long(*name).action(action).hide(true))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for GoneArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let is_given = |(_, gone): &(usize, &Gone)| {
            matches.value_source(&id(gone.name)) == Some(clap::parser::ValueSource::CommandLine)
        };
        Ok(Self(GONE.iter().enumerate().filter(is_given).map(|(n, _)| n).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn id(name: &str) -> String {
    format!("gone-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_names_its_successor() {
        for Gone { name, takes, instead, .. } in &GONE {
            let flag = format!("--{name}");
            let word = matches!(takes, Takes::Word).then_some("word");
            let line = ["cai", &flag].into_iter().chain(word);
            let matches = GoneArgs::augment_args(Command::new("cai")).try_get_matches_from(line);
            let given =
                GoneArgs::from_arg_matches(&matches.expect("it is read")).expect("and found");
            let refused = given.refuse().expect_err("and refused");
            assert!(refused.to_string().contains(&flag));
            assert_eq!(containai_core::hint::Advice::hints(&refused)[0].as_ref(), *instead);
        }
        assert!(GoneArgs::default().refuse().is_ok());
    }
}
