//! The direction of a copy.

use std::ffi::OsString;
use std::path::PathBuf;

use super::path_arg::PathArg;

/// The direction of a copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CopyDirection {
    /// From this machine to a container.
    Upload {
        /// The container; `None` for the workspace's.
        container: Option<String>,
        /// Local paths.
        sources: Vec<PathBuf>,
        /// The path in the container.
        target: OsString,
    },
    /// From a container to this machine.
    Download {
        /// The container; `None` for the workspace's.
        container: Option<String>,
        /// Paths in the container.
        sources: Vec<OsString>,
        /// The local path.
        target: PathBuf,
    },
}

/// The reason why paths have no direction.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CopyDirectionError {
    /// Neither side is a container; use `cp` instead.
    #[error("neither side is in a container")]
    BothLocal,
    /// Both sides are in a container.
    #[error("both sides are in a container")]
    BothRemote,
    /// The sources are on different sides or in different containers.
    #[error("the sources are in different places")]
    Mixed,
}

impl CopyDirection {
    /// Determines the direction from the sources to the target.
    ///
    /// # Errors
    ///
    /// One variant for each invalid combination.
    pub fn new(sources: Vec<PathArg>, target: PathArg) -> Result<Self, CopyDirectionError> {
        let (mut here, mut inside, mut containers) = (Vec::new(), Vec::new(), Vec::new());
        for source in sources {
            match source {
                PathArg::Local(path) => here.push(path),
                PathArg::Remote { container, path } => {
                    inside.push(path);
                    containers.push(container);
                }
            }
        }
        containers.dedup();
        match target {
            _ if containers.len() > 1 || !here.is_empty() && !inside.is_empty() => {
                Err(CopyDirectionError::Mixed)
            }
            PathArg::Local(_) if inside.is_empty() => Err(CopyDirectionError::BothLocal),
            PathArg::Remote { .. } if here.is_empty() => Err(CopyDirectionError::BothRemote),
            PathArg::Remote { container, path } => {
                Ok(Self::Upload { container, sources: here, target: path })
            }
            PathArg::Local(target) => {
                let container = containers.pop().flatten();
                Ok(Self::Download { container, sources: inside, target })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions() {
        let check = |words: &str, expected: &str| {
            let mut spots: Vec<_> =
                words.split(' ').filter_map(|word| PathArg::parse(word.as_ref()).ok()).collect();
            let target = spots.pop().unwrap_or(PathArg::Local(PathBuf::new()));
            let shown = match CopyDirection::new(spots, target) {
                Ok(CopyDirection::Upload { container, sources, target }) => {
                    format!("up {container:?} {sources:?} {target:?}")
                }
                Ok(CopyDirection::Download { container, sources, target }) => {
                    format!("down {container:?} {sources:?} {target:?}")
                }
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected, "{words}");
        };
        check("a b :c", r#"up None ["a", "b"] "c""#);
        check("a x:", r#"up Some("x") ["a"] """#);
        check(":a :b c", r#"down None ["a", "b"] "c""#);
        check("x:a x:b c", r#"down Some("x") ["a", "b"] "c""#);
        check("a b", "neither side is in a container");
        check(":a :b", "both sides are in a container");
        check(":a b c", "the sources are in different places");
        check("x:a y:b c", "the sources are in different places");
    }

    #[test]
    fn error_messages() {
        let samples = containai_core::samples!(CopyDirectionError {
            BothLocal: [CopyDirectionError::BothLocal],
            BothRemote: [CopyDirectionError::BothRemote],
            Mixed: [CopyDirectionError::Mixed],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
    }
}
