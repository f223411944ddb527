//! The stages and images that a build needs.

use std::collections::{BTreeMap, BTreeSet};

use super::dockerfile::Dockerfile;
use super::instruction::Instruction;
use super::stage::{Stage, StageBase};

impl Dockerfile {
    /// Returns the indices of the stages that a build of `target` needs, `None` for the last one.
    /// `given` are the build arguments.
    pub fn needed_stages(
        &self,
        given: &BTreeMap<String, String>,
        target: Option<&str>,
    ) -> BTreeSet<usize> {
        let stages = self.stages_with(given);
        let last = stages.len().checked_sub(1);
        let target = target.map_or(last, |name| find_stage(&stages, name));
        let mut open: Vec<usize> = target.into_iter().collect();
        let mut needed = BTreeSet::new();
        while let Some(index) = open.pop() {
            if !needed.insert(index) {
                continue;
            }
            let stage = &stages[index];
            if let StageBase::Stage(before) = stage.base {
                open.push(before);
            }
            let sources = stage.instructions.iter().flat_map(from_options);
            // A stage can only use earlier ones.
            open.extend(sources.filter_map(|name| find_stage(&stages[..index], &name)));
        }
        needed
    }

    /// Returns the images of registries that a build of `target` needs, without those that only the
    /// build knows.
    pub fn external_images(
        &self,
        given: &BTreeMap<String, String>,
        target: Option<&str>,
    ) -> BTreeSet<String> {
        let stages = self.stages_with(given);
        let mut images = BTreeSet::new();
        for index in self.needed_stages(given, target) {
            let stage = &stages[index];
            let has_platform = stage.from.options().any(|it| it.starts_with("--platform="));
            match &stage.base {
                // An image of another platform is another image.
                StageBase::Image(image) if !has_platform => drop(images.insert(image.clone())),
                StageBase::Image(_) | StageBase::Stage(_) => {}
            }
            let sources = stage.instructions.iter().flat_map(from_options);
            images.extend(sources.filter(|name| find_stage(&stages[..index], name).is_none()));
        }
        images.retain(|image| !image.is_empty() && image != "scratch" && !image.contains('$'));
        images
    }
}

/// Returns the stages or images that an instruction reads files from.
fn from_options(instruction: &Instruction) -> Vec<String> {
    let options = instruction.options();
    let values = options.flat_map(|option| match option.split_once('=') {
        Some(("--from", name)) => vec![name],
        Some(("--mount", fields)) => {
            fields.split(',').filter_map(|field| field.strip_prefix("from=")).collect()
        }
        _ => Vec::new(),
    });
    values.map(|name| name.trim_matches(['"', '\'']).to_owned()).collect()
}

/// Finds a stage by its name, or by its number.
fn find_stage(stages: &[Stage<'_>], name: &str) -> Option<usize> {
    let lower = name.to_ascii_lowercase();
    let named = stages.iter().rposition(|stage| stage.name.as_deref() == Some(lower.as_str()));
    named.or_else(|| name.parse().ok().filter(|index| *index < stages.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, target: Option<&str>) -> (Vec<usize>, Vec<String>) {
        let file = Dockerfile::parse(text).expect("a Dockerfile");
        let given = [("V".to_owned(), "9".to_owned())].into();
        let stages = file.needed_stages(&given, target).into_iter().collect();
        (stages, file.external_images(&given, target).into_iter().collect())
    }

    #[test]
    fn only_stages_that_are_reached_are_needed() {
        let text = "ARG V=1\nFROM go:$V AS go\nFROM node AS unused\nFROM go AS tests\n\
                    FROM --platform=$BUILDPLATFORM cross AS cross\nFROM base$NONE AS mid\n\
                    COPY --from=GO /a /b\nCOPY --from=nginx:1 /c /d\n\
                    FROM mid\nRUN --mount=type=bind,from=cross,target=/x --mount=type=cache,target=/y z\n\
                    COPY --from=0 /a /b\nCOPY --from=later$V / /\nCOPY <<X /y\nz\nX\n";
        let (stages, images) = check(text, None);
        assert_eq!(stages, [0, 3, 4, 5]);
        assert_eq!(images, ["base", "go:9", "nginx:1"]);
        let (stages, images) = check(text, Some("Tests"));
        assert_eq!((stages, images), (vec![0, 2], vec!["go:9".to_owned()]));
        assert_eq!(check(text, Some("absent")), (vec![], vec![]));
        // A stage does not read from itself or from a later one.
        assert_eq!(check("FROM a AS a\nCOPY --from=a / /\nFROM scratch\n", Some("0")).0, [0]);
    }
}
