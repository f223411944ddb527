use clap::Args;
use containai::OperationError;
use containai::import::ImportSelection;
use containai_core::hint::Hint;
use containai_core::import::{AllowedSecret, Exclusions, SecretEntries};

/// The settings to import.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SelectionArgs {
    /// Import only these agents or tools
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Also import the credentials of these agents, and secrets in their settings
    #[arg(long, value_name = "AGENT", num_args = 1.., conflicts_with = "no_secrets")]
    credentials: Vec<String>,
    /// Also import a secret in settings: a file below the home directory and
    /// optionally a key in it; both may be patterns
    #[arg(long, value_name = "PATH[:KEY]", num_args = 1.., conflicts_with = "no_secrets",
          value_parser = AllowedSecret::parse)]
    allow_secret: Vec<AllowedSecret>,
    /// Omit all secrets, and files that exist only for secrets
    #[arg(long)]
    no_secrets: bool,
    /// Omit a path on the volume, or names that match a pattern
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Omit nothing but private files
    #[arg(long, conflicts_with = "exclude")]
    no_excludes: bool,
}

impl SelectionArgs {
    /// Refuses a selection and `--watch` for an export, which is restored once and as a whole.
    pub(super) fn reject_for_export(&self, is_watch: bool) -> Result<(), OperationError> {
        let lists = [&self.only, &self.credentials, &self.exclude];
        match lists.iter().any(|list| !list.is_empty())
            || self.no_secrets
            || !self.allow_secret.is_empty()
            || self.no_excludes
            || is_watch
        {
            true => {
                let message = "an export is restored as a whole, without a selection of files";
                let hint = "leave out the options, or export again with `--exclude`";
                Err(OperationError::usage(message).hint(Hint::new(hint)))
            }
            false => Ok(()),
        }
    }
}

impl From<SelectionArgs> for ImportSelection {
    fn from(args: SelectionArgs) -> Self {
        Self {
            only: args.only,
            credentials: args.credentials,
            allowed_secrets: args.allow_secret,
            secrets: match args.no_secrets {
                true => SecretEntries::Excluded,
                false => SecretEntries::Included,
            },
            exclusions: match args.no_excludes {
                true => Exclusions::Disabled,
                false => Exclusions::Patterns(args.exclude),
            },
        }
    }
}
