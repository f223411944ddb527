//! The direction of a copy.

use std::ffi::OsString;
use std::path::PathBuf;

use super::spot::Spot;

/// The direction of a copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Route {
    /// From this machine to a container.
    Up {
        /// The container; `None` for the workspace's.
        container: Option<String>,
        /// Local paths.
        sources: Vec<PathBuf>,
        /// The path in the container.
        target: OsString,
    },
    /// From a container to this machine.
    Down {
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
pub enum RouteError {
    /// Neither side is a container; use `cp` instead.
    #[error("neither side is in a container")]
    BothHere,
    /// Both sides are in a container.
    #[error("both sides are in a container")]
    BothInside,
    /// The sources are on different sides or in different containers.
    #[error("the sources are in different places")]
    Mixed,
}

impl Route {
    /// Determines the direction from the sources to the target.
    ///
    /// # Errors
    ///
    /// One variant for each invalid combination.
    pub fn new(sources: Vec<Spot>, target: Spot) -> Result<Self, RouteError> {
        let (mut here, mut inside, mut containers) = (Vec::new(), Vec::new(), Vec::new());
        for source in sources {
            match source {
                Spot::Here(path) => here.push(path),
                Spot::Inside { container, path } => {
                    inside.push(path);
                    containers.push(container);
                }
            }
        }
        containers.dedup();
        match target {
            _ if containers.len() > 1 || !here.is_empty() && !inside.is_empty() => {
                Err(RouteError::Mixed)
            }
            Spot::Here(_) if inside.is_empty() => Err(RouteError::BothHere),
            Spot::Inside { .. } if here.is_empty() => Err(RouteError::BothInside),
            Spot::Inside { container, path } => {
                Ok(Self::Up { container, sources: here, target: path })
            }
            Spot::Here(target) => {
                let container = containers.pop().flatten();
                Ok(Self::Down { container, sources: inside, target })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes() {
        let check = |words: &str, expected: &str| {
            let mut spots: Vec<_> =
                words.split(' ').filter_map(|word| Spot::parse(word.as_ref()).ok()).collect();
            let target = spots.pop().unwrap_or(Spot::Here(PathBuf::new()));
            let shown = match Route::new(spots, target) {
                Ok(Route::Up { container, sources, target }) => {
                    format!("up {container:?} {sources:?} {target:?}")
                }
                Ok(Route::Down { container, sources, target }) => {
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
    fn what_a_person_reads() {
        let samples = containai_core::samples!(RouteError {
            BothHere: [RouteError::BothHere],
            BothInside: [RouteError::BothInside],
            Mixed: [RouteError::Mixed],
        });
        insta::assert_snapshot!(containai_core::fake::worded(&samples));
    }
}
