//! What a person reads of an error.

use std::error::Error;

use crate::hint::{Advice, causes};

/// Errors of every variant of an enum, each with its variant's name.
///
/// A variant without a sample does not compile, in the crate of the enum.
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

/// The errors as `cai` prints them: message, causes, hints; and the exit code.
pub fn advised<E: Advice + Error + 'static>(samples: &[(&str, E)]) -> String {
    told(samples, |error| {
        let hints = error.hints().into_iter().map(|hint| format!("hint: {hint}\n"));
        format!("{}exit code: {}\n", hints.collect::<String>(), error.exit_code())
    })
}

/// The errors of an enum that gives no advice; who shows one adds it.
pub fn worded<E: Error + 'static>(samples: &[(&str, E)]) -> String {
    told(samples, |_| String::new())
}

fn told<E: Error + 'static>(samples: &[(&str, E)], advice: impl Fn(&E) -> String) -> String {
    let tell = |(name, error): &(&str, E)| {
        let causes = causes(error).into_iter().map(|cause| format!("  because: {cause}\n"));
        format!("# {name}\nerror: {error}\n{}{}", causes.collect::<String>(), advice(error))
    };
    samples.iter().map(tell).collect::<Vec<_>>().join("\n")
}
