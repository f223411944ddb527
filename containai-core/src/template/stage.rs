//! The stages of a Dockerfile.

use std::collections::BTreeMap;

use super::dockerfile::{Dockerfile, DockerfileError};
use super::expand::expand;
use super::instruction::Instruction;

/// The build argument for the ContainAI image to build on.
pub const BASE_IMAGE: &str = "BASE_IMAGE";

/// A stage of a Dockerfile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stage<'a> {
    /// Its `FROM`.
    pub from: &'a Instruction,
    /// Its name in lower case.
    pub name: Option<String>,
    /// Its base.
    pub base: StageBase,
    /// The instructions after its `FROM`.
    pub instructions: &'a [Instruction],
}

/// The base of a stage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StageBase {
    /// An earlier stage, by index.
    Stage(usize),
    /// An image; empty for an undefined variable.
    Image(String),
}

impl Dockerfile {
    /// Returns the stages, where `base` is the value of the build argument `BASE_IMAGE`.
    pub fn stages(&self, base: &str) -> Vec<Stage<'_>> {
        self.stages_with(&base_argument(base))
    }

    /// Returns the stages of a build with arguments.
    pub(super) fn stages_with(&self, given: &BTreeMap<String, String>) -> Vec<Stage<'_>> {
        self.parse_stages(given).unwrap_or_default()
    }

    /// Returns whether a stage may be built on `BASE_IMAGE`.
    pub fn declares_base_image(&self) -> bool {
        let before = self.instructions.iter().take_while(|it| it.keyword == "ARG");
        before.flat_map(Instruction::pairs).any(|(name, _)| name == BASE_IMAGE)
    }

    /// Returns the last stage, followed by its base stages. The base of the last element
    /// is an image.
    pub fn base_chain(&self, base: &str) -> Vec<Stage<'_>> {
        let mut stages = self.stages(base);
        let mut found = Vec::new();
        let mut next = stages.len().checked_sub(1);
        while let Some(index) = next {
            // The base of a stage is always an earlier one.
            stages.truncate(index + 1);
            let Some(stage) = stages.pop() else { break };
            next = match stage.base {
                StageBase::Stage(before) => Some(before),
                StageBase::Image(_) => None,
            };
            found.push(stage);
        }
        found
    }

    /// Returns the base image of the last stage.
    pub fn base_image(&self, base: &str) -> String {
        match self.base_chain(base).pop().map(|stage| stage.base) {
            Some(StageBase::Image(image)) => image,
            _ => String::new(),
        }
    }

    pub(super) fn parse_stages(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<Vec<Stage<'_>>, DockerfileError> {
        let mut arguments = BTreeMap::new();
        let mut stages: Vec<Stage<'_>> = Vec::new();
        for (index, instruction) in self.instructions.iter().enumerate() {
            match instruction.keyword.as_str() {
                "ARG" if stages.is_empty() => declare(instruction, given, &mut arguments),
                "FROM" => {
                    let after = &self.instructions[index + 1..];
                    let length = after.iter().position(|it| it.keyword == "FROM");
                    let instructions = &after[..length.unwrap_or(after.len())];
                    let stage = parse_from(instruction, &arguments, &stages, instructions)?;
                    stages.push(stage);
                }
                _ => {}
            }
        }
        Ok(stages)
    }
}

/// Returns the build arguments with a value of `BASE_IMAGE`; an empty one is not given.
fn base_argument(base: &str) -> BTreeMap<String, String> {
    let given = (!base.is_empty()).then(|| (BASE_IMAGE.to_owned(), base.to_owned()));
    given.into_iter().collect()
}

/// Evaluates an `ARG` before the stages. A value can use earlier arguments, and the value
/// given to the build overrides the default.
fn declare(
    instruction: &Instruction,
    given: &BTreeMap<String, String>,
    arguments: &mut BTreeMap<String, String>,
) {
    for (name, default) in instruction.pairs() {
        let value = match given.get(&name) {
            Some(value) => Some(value.clone()),
            None => default.map(|default| expand(&default, arguments)),
        };
        arguments.insert(name, value.unwrap_or_default());
    }
}

/// Returns whether a word may be the reference of an image, optionally quoted. Variables
/// are not expanded yet.
fn is_reference(word: &str) -> bool {
    let bare = ['"', '\'']
        .iter()
        .find_map(|&quote| word.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(word);
    !bare.is_empty()
        && bare.chars().all(|it| it.is_ascii_graphic() && !matches!(it, '"' | '\'' | '\\' | '`'))
}

fn parse_from<'a>(
    from: &'a Instruction,
    arguments: &BTreeMap<String, String>,
    stages: &[Stage<'_>],
    instructions: &'a [Instruction],
) -> Result<Stage<'a>, DockerfileError> {
    let words: Vec<&str> = from.words().collect();
    let (image, name) = match words.as_slice() {
        [image] if is_reference(image) => (image, None),
        [image, word, name] if is_reference(image) && word.eq_ignore_ascii_case("as") => {
            (image, Some(name.to_ascii_lowercase()))
        }
        _ => return Err(DockerfileError::MalformedFrom { line: from.line }),
    };
    let image = expand(image, arguments);
    let called = |stage: &Stage<'_>| stage.name.as_deref() == Some(&image.to_ascii_lowercase());
    let base = match stages.iter().rposition(called) {
        Some(before) => StageBase::Stage(before),
        None => StageBase::Image(image),
    };
    Ok(Stage { from, name, base, instructions })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> String {
        Dockerfile::parse(text).expect("a Dockerfile").base_image("ours")
    }

    #[test]
    fn base_image_is_that_of_the_last_stage() {
        for (text, expected) in [
            ("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}", "ours"),
            ("ARG BASE_IMAGE=x\nFROM $BASE_IMAGE AS a\nFROM golang AS b\nFROM A AS c", "ours"),
            ("ARG BASE_IMAGE\nFROM $BASE_IMAGE\nFROM golang", "golang"),
            ("FROM ${BASE_IMAGE}", ""),
            ("ARG A=b\nARG X=${A}c\nFROM --platform=linux/amd64 $X", "bc"),
            ("ARG BASE_IMAGE\nARG X=${BASE_IMAGE}\nFROM $X", "ours"),
            // A self-reference is empty and does not loop.
            ("ARG A=${A}\nFROM $A", ""),
            ("ARG A=${B}\nARG B=${A}\nFROM $B", ""),
            // A stage with its own name as base is built on an image.
            ("FROM a AS a", "a"),
            ("FROM b AS a\nFROM a AS b\nFROM b", "b"),
        ] {
            assert_eq!(root(text), expected, "{text}");
        }
    }

    #[test]
    fn a_stage_ends_where_the_next_begins() {
        let file = Dockerfile::parse("FROM a\nRUN x\nRUN y\nFROM b\nFROM c\nRUN z").expect("one");
        let counts: Vec<_> = file.stages("").iter().map(|it| it.instructions.len()).collect();
        assert_eq!(counts, [2, 0, 1]);
    }
}
