//! The upgrade of a Dockerfile with a fixed base image.

use super::dockerfile::{Dockerfile, DockerfileError};
use super::stage::BASE_IMAGE;

/// The placeholder for `BASE_IMAGE`, which is not a valid reference.
const BASE_PLACEHOLDER: &str = "\u{1}";

/// Changes the base of the last stage to `ARG BASE_IMAGE`, with the previous image as its
/// default; all other text is kept. `None` if it is up to date.
///
/// # Errors
///
/// As [`Dockerfile::parse`].
pub fn upgrade(text: &str) -> Result<Option<String>, DockerfileError> {
    let file = Dockerfile::parse(text)?;
    let lineage = file.base_chain(BASE_PLACEHOLDER);
    let (Some(stage), false) =
        (lineage.last(), file.base_image(BASE_PLACEHOLDER) == BASE_PLACEHOLDER)
    else {
        return Ok(None);
    };
    let Some(image) = stage.from.words().next() else {
        return Ok(None);
    };
    let span = &stage.from.span;
    let Some(at) = image_offset(image, &text[span.clone()]).map(|at| span.start + at) else {
        return Ok(None);
    };
    let mut upgraded = text.to_owned();
    upgraded.replace_range(at..at + image.len(), &format!("${{{BASE_IMAGE}}}"));
    let is_declared = |instruction: &super::Instruction| {
        instruction.keyword == "ARG"
            && instruction.pairs().iter().any(|(name, _)| name == BASE_IMAGE)
    };
    let first = file.instructions().iter().position(|it| it.keyword == "FROM").unwrap_or_default();
    let before = &file.instructions()[..first];
    if !before.iter().any(is_declared) {
        let start = file.instructions()[first].span.start;
        upgraded.insert_str(start, &format!("ARG {BASE_IMAGE}={image}\n"));
    }
    Ok(Some(upgraded))
}

/// Returns the position of the image in the text of a `FROM`, which may span several
/// lines with comments.
fn image_offset(image: &str, text: &str) -> Option<usize> {
    let lines = text.split_inclusive('\n').scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some((start, line))
    });
    let no_comments = lines.filter(|(_, line)| !line.trim_start().starts_with('#'));
    let words = no_comments.flat_map(|(start, line)| {
        line.split_whitespace().map(move |word| (start + offset_in(line, word), word))
    });
    // The image may have the same name as the keyword.
    words.skip(1).find(|(_, word)| *word == image).map(|(at, _)| at)
}

/// Returns the position of a part of a text.
fn offset_in(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_base_image_of_the_last_stage_changes() {
        for (text, expected) in [
            (
                "# mine\nFROM a:1\nRUN x\n",
                "# mine\nARG BASE_IMAGE=a:1\nFROM ${BASE_IMAGE}\nRUN x\n",
            ),
            (
                "ARG V=1\nFROM golang AS b\nFROM --platform=x  from:$V  as z\nFROM z\n",
                "ARG V=1\nARG BASE_IMAGE=from:$V\nFROM golang AS b\nFROM --platform=x  ${BASE_IMAGE}  as z\nFROM z\n",
            ),
            ("ARG BASE_IMAGE\nFROM \\\n  a\n", "ARG BASE_IMAGE\nFROM \\\n  ${BASE_IMAGE}\n"),
            ("FROM \"a\"", "ARG BASE_IMAGE=\"a\"\nFROM ${BASE_IMAGE}"),
            (
                "FROM\u{c}--a8.1 --a 8.1\n",
                "ARG BASE_IMAGE=8.1\nFROM\u{c}--a8.1 --a ${BASE_IMAGE}\n",
            ),
            (
                "FROM \\\n# not a\n  a AS b\n",
                "ARG BASE_IMAGE=a\nFROM \\\n# not a\n  ${BASE_IMAGE} AS b\n",
            ),
            ("from from", "ARG BASE_IMAGE=from\nfrom ${BASE_IMAGE}"),
        ] {
            assert_eq!(upgrade(text).expect("one").as_deref(), Some(expected), "{text}");
        }
        assert_eq!(upgrade("ARG BASE_IMAGE\nFROM x\nFROM $BASE_IMAGE\n"), Ok(None));
        assert_eq!(
            upgrade("RUN x"),
            Err(DockerfileError::BeforeFrom { line: 1, keyword: "RUN".into() })
        );
        for image in ["(\"\\", "a\\b", "\"a", "''", "a\u{0}"] {
            let malformed = Err(DockerfileError::MalformedFrom { line: 1 });
            assert_eq!(upgrade(&format!("FROM {image} AS b")), malformed, "{image:?}");
        }
    }

    proptest! {
        #[test]
        fn upgrade_is_idempotent(
            text in "(ARG [A-Z]=[a-z]\n){0,2}((FROM|from) (--p=[a-z] )?[a-z]{1,4}( AS [a-z]{1,3})?\n(RUN [a-z]\n|# [a-z]\n){0,2}){1,4}"
        ) {
            let upgraded = upgrade(&text).expect("a Dockerfile").expect("not done yet");
            prop_assert_eq!(upgrade(&upgraded), Ok(None));
            let file = Dockerfile::parse(&upgraded).expect("still one");
            let before = Dockerfile::parse(&text).expect("one");
            // Without the argument, the base image is unchanged.
            prop_assert_eq!(file.base_image(""), before.base_image(""));
        }
    }
}
