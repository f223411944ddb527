//! Renders errors as the user sees them.

use std::error::Error;

use crate::hint::{Advice, causes};

/// Builds samples of every variant of an error enum, each with the name of its variant.
///
/// A variant without a sample fails to compile in the crate that defines the enum.
#[macro_export]
macro_rules! samples {
    ($of:ident { $($variant:ident: [$($sample:expr),+ $(,)?]),+ $(,)? }) => {{
        let name = |error: &$of| match error { $($of::$variant { .. } => stringify!($variant)),+ };
        let samples = vec![$($((stringify!($variant), $sample)),+),+];
        for (expected, sample) in &samples {
            assert_eq!(name(sample), *expected);
        }
        samples
    }};
}

/// Renders the errors as `cai` prints them: message, causes, hints and exit code.
pub fn render_errors_with_hints<E: Advice + Error + 'static>(samples: &[(&str, E)]) -> String {
    render(samples, |error| {
        let hints = error.hints().into_iter().map(|hint| format!("hint: {hint}\n"));
        format!("{}exit code: {}\n", hints.collect::<String>(), error.exit_code())
    })
}

/// Renders the errors of an enum without hints of its own; the caller adds them.
pub fn render_errors<E: Error + 'static>(samples: &[(&str, E)]) -> String {
    render(samples, |_| String::new())
}

fn render<E: Error + 'static>(samples: &[(&str, E)], advice: impl Fn(&E) -> String) -> String {
    let tell = |(name, error): &(&str, E)| {
        let causes = causes(error).into_iter().map(|cause| format!("  because: {cause}\n"));
        format!("# {name}\nerror: {error}\n{}{}", causes.collect::<String>(), advice(error))
    };
    samples.iter().map(tell).collect::<Vec<_>>().join("\n")
}
