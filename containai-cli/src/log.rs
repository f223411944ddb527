//! Diagnostics of the libraries, on stderr.

use containai::OperationError;
use containai_core::hint::Hint;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::env::Env;

/// The variable that selects diagnostics.
const VARIABLE: &str = "CONTAINAI_LOG";
/// The prefix of the libraries' targets.
const TARGET: &str = "containai";
/// The number of `-v` that print diagnostics.
const DIAGNOSTIC: u8 = 2;

/// Prints diagnostics to stderr as `CONTAINAI_LOG` selects them, in the notation
/// `containai::ssh=debug,containai::engine=trace`, or all of them with `-vv`.
///
/// # Errors
///
/// The variable is malformed.
pub(crate) fn init(verbose: u8, env: &Env) -> Result<(), OperationError> {
    let Some(filter) = filter(verbose, env.variables.text(VARIABLE).as_deref())? else {
        return Ok(());
    };
    let lines = tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_writer(std::io::stderr);
    // One that is set already goes on.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Ok(())
}

fn filter(verbose: u8, selected: Option<&str>) -> Result<Option<Targets>, OperationError> {
    match selected.filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map(Some).map_err(|error| {
            OperationError::usage(format!("`{VARIABLE}`: {error}"))
                .hint(Hint::new("select targets and levels, such as `containai::ssh=debug`"))
        }),
        None if verbose >= DIAGNOSTIC => {
            Ok(Some(Targets::new().with_target(TARGET, LevelFilter::DEBUG)))
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_variable_precedes_the_option() -> Result<(), OperationError> {
        assert!(filter(1, None)?.is_none());
        assert!(filter(1, Some(""))?.is_none());
        let all = filter(2, None)?.expect("a filter");
        assert!(all.would_enable("containai::engine", &Level::DEBUG));
        assert!(!all.would_enable("russh::client", &Level::ERROR));
        let some = filter(2, Some("containai::ssh=trace"))?.expect("a filter");
        assert!(some.would_enable("containai::ssh", &Level::TRACE));
        assert!(!some.would_enable("containai::engine", &Level::ERROR));
        assert!(filter(0, Some("containai=loud")).is_err());
        Ok(())
    }
}
