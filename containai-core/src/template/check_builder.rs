//! Checks of what a builder can build.

use super::builder::ImageBuilder;
use super::dockerfile::Dockerfile;
use super::finding::{DockerfileFinding, Severity};
use super::instruction::Instruction;

/// The frontends that may read a Dockerfile: a frontend is a program that decides what is built.
const FRONTENDS: [&str; 2] = ["docker/dockerfile", "docker/dockerfile-upstream"];

/// Returns what the builder cannot build.
pub(super) fn check_builder(file: &Dockerfile, builder: ImageBuilder) -> Vec<DockerfileFinding> {
    let check = |instruction: &Instruction| {
        let text = match builder {
            ImageBuilder::BuildKit => check_access(instruction),
            ImageBuilder::EarlyBuildKit => {
                check_access(instruction).or_else(|| check_early(instruction))
            }
            ImageBuilder::Classic => check_classic(instruction),
        };
        text.map(|text| DockerfileFinding {
            line: instruction.line,
            severity: Severity::Error,
            text,
        })
    };
    let frontend = file.syntax().filter(|image| !is_known_frontend(image)).map(|image| {
        let image = image.escape_debug();
        let text = format!("`# syntax={image}` is not `docker/dockerfile`: remove the line");
        DockerfileFinding { line: 1, severity: Severity::Error, text }
    });
    frontend.into_iter().chain(file.instructions().iter().filter_map(check)).collect()
}

fn is_known_frontend(image: &str) -> bool {
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    let end = image.find([':', '@']).unwrap_or(image.len());
    FRONTENDS.contains(&&image[..end])
}

/// Reports access to the machine that a build does not get.
fn check_access(instruction: &Instruction) -> Option<String> {
    if instruction.keyword != "RUN" {
        return None;
    }
    instruction.options().find_map(|option| match option.split_once('=')? {
        ("--mount", fields) => {
            let kind = fields.split(',').find_map(|field| field.strip_prefix("type="));
            let kind = kind.filter(|kind| matches!(*kind, "secret" | "ssh"))?;
            Some(format!(
                "`--mount=type={kind}` has no effect: builds get neither secrets nor keys"
            ))
        }
        ("--network", "host") | ("--security", "insecure") => {
            Some(format!("`{option}` is not allowed: remove it"))
        }
        _ => None,
    })
}

/// Reports features that BuildKit of Docker before 23 does not have by itself.
fn check_early(instruction: &Instruction) -> Option<String> {
    let what = new_option(instruction).or_else(|| here_document(instruction))?;
    Some(format!(
        "{what} of `{}` requires Docker 23, or the first line `# syntax=docker/dockerfile:1`",
        instruction.keyword
    ))
}

/// Reports features that only BuildKit has.
fn check_classic(instruction: &Instruction) -> Option<String> {
    let option = instruction.options().find(|option| {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match instruction.keyword.as_str() {
            "RUN" => matches!(name, "--mount" | "--network" | "--security"),
            "COPY" | "ADD" => name == "--chmod",
            "FROM" => name == "--platform" && value.contains('$'),
            _ => false,
        }
    });
    let what = option
        .map(|option| format!("`{}`", option.split('=').next().unwrap_or_default()))
        .or_else(|| new_option(instruction))
        .or_else(|| here_document(instruction))?;
    let keyword = &instruction.keyword;
    Some(format!("{what} of `{keyword}` requires BuildKit, which this engine does not offer"))
}

fn new_option(instruction: &Instruction) -> Option<String> {
    let is_copy = matches!(instruction.keyword.as_str(), "COPY" | "ADD");
    let mut names =
        instruction.options().map(|option| option.split('=').next().unwrap_or_default());
    let is_new = |name: &&str| matches!(*name, "--link" | "--parents" | "--exclude" | "--checksum");
    names.find(is_new).filter(|_| is_copy).map(|name| format!("`{name}`"))
}

fn here_document(instruction: &Instruction) -> Option<String> {
    instruction.has_here_document.then(|| "a here-document".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, builder: ImageBuilder) -> String {
        let file = Dockerfile::parse(text).expect("a Dockerfile");
        check_builder(&file, builder).iter().map(|finding| format!("{finding}\n")).collect()
    }

    #[test]
    fn classic_builder_lacks_features() {
        let text = "FROM --platform=$BUILDPLATFORM a\nRUN --mount=type=cache,target=/x y\nCOPY <<X /y\nz\nX\n\
                    COPY --chmod=755 a b\nCOPY --chown=1 a b\nFROM --platform=linux/arm64 b\n";
        assert_eq!(check(text, ImageBuilder::BuildKit), "");
        insta::assert_snapshot!(
            check(&format!("{text}ADD --link --chmod=1 a b\n"), ImageBuilder::EarlyBuildKit),
            @r"
        3: error: a here-document of `COPY` requires Docker 23, or the first line `# syntax=docker/dockerfile:1`
        9: error: `--link` of `ADD` requires Docker 23, or the first line `# syntax=docker/dockerfile:1`
        "
        );
        insta::assert_snapshot!(check(text, ImageBuilder::Classic), @r"
        1: error: `--platform` of `FROM` requires BuildKit, which this engine does not offer
        2: error: `--mount` of `RUN` requires BuildKit, which this engine does not offer
        3: error: a here-document of `COPY` requires BuildKit, which this engine does not offer
        6: error: `--chmod` of `COPY` requires BuildKit, which this engine does not offer
        ");
    }

    #[test]
    fn builds_get_no_access() {
        let text = "# syntax=docker/dockerfile:1\nFROM a\nRUN --mount=type=ssh --mount=type=cache,target=/x y\n\
                    RUN --network=none --mount=target=/a,type=secret,id=b z\nRUN --network=host y\nRUN --security=insecure y\n";
        insta::assert_snapshot!(check(text, ImageBuilder::BuildKit), @r"
        3: error: `--mount=type=ssh` has no effect: builds get neither secrets nor keys
        4: error: `--mount=type=secret` has no effect: builds get neither secrets nor keys
        5: error: `--network=host` is not allowed: remove it
        6: error: `--security=insecure` is not allowed: remove it
        ");
        for (image, known) in [
            ("docker/dockerfile", true),
            ("docker.io/docker/dockerfile:1.7-labs", true),
            ("docker/dockerfile-upstream@sha256:ab", true),
            ("docker/dockerfile/x", false),
            ("evil.example/docker/dockerfile:1", false),
        ] {
            let text = format!("# syntax={image}\nFROM a\n");
            assert_eq!(check(&text, ImageBuilder::BuildKit).is_empty(), known, "{image}");
        }
    }
}
