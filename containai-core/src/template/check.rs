//! Checks of a template's Dockerfile.

use super::builder::ImageBuilder;
use super::check_builder::check_builder;
use super::dockerfile::Dockerfile;
use super::finding::{DockerfileFinding, Severity};
use super::instruction::Instruction;
use super::stage::Stage;
use crate::label;

/// The placeholder for `BASE_IMAGE`, which is not a valid reference.
const BASE_PLACEHOLDER: &str = "\u{1}";

/// Checks for build errors with the builder, and for instructions without effect in a container
/// that runs systemd. The latter are checked in the last stage and its base stages only.
pub fn check_dockerfile(file: &Dockerfile, builder: ImageBuilder) -> Vec<DockerfileFinding> {
    let mut findings = check_builder(file, builder);
    let lineage = file.base_chain(BASE_PLACEHOLDER);
    findings.extend(check_base_image(file, &lineage));
    for instruction in lineage.iter().flat_map(|stage| stage.instructions) {
        findings.extend(check_ineffective(instruction));
    }
    findings.extend(check_user(&lineage));
    findings.sort_by_key(|finding| (finding.line, finding.severity));
    findings
}

/// Checks the base image of the last stage.
fn check_base_image(file: &Dockerfile, lineage: &[Stage<'_>]) -> Option<DockerfileFinding> {
    let line = lineage.last()?.from.line;
    let image = file.base_image(BASE_PLACEHOLDER);
    if image == BASE_PLACEHOLDER {
        return None;
    }
    let (severity, text) = match image.as_str() {
        "" => (
            Severity::Error,
            "the base image is empty: add `ARG BASE_IMAGE` before the first `FROM`".to_owned(),
        ),
        "scratch" => (
            Severity::Error,
            "the last stage is empty (`scratch`): base it on `${BASE_IMAGE}`".to_owned(),
        ),
        image => (
            Severity::Warning,
            format!(
                "the last stage is based on `{}`, not on `${{BASE_IMAGE}}`: it must be a ContainAI \
                 image; `cai template upgrade` switches to the current one",
                image.escape_debug()
            ),
        ),
    };
    Some(DockerfileFinding { line, severity, text })
}

fn check_ineffective(instruction: &Instruction) -> Option<DockerfileFinding> {
    let warn = |text: String| {
        Some(DockerfileFinding { line: instruction.line, severity: Severity::Warning, text })
    };
    match instruction.keyword.as_str() {
        keyword @ ("ENTRYPOINT" | "CMD" | "STOPSIGNAL" | "HEALTHCHECK") => warn(format!(
            "`{keyword}` has no effect: the first process of a container is systemd; \
             add services as units in `/etc/systemd/system`"
        )),
        "VOLUME" => warn(
            "`VOLUME` creates an anonymous volume that is removed with its container: keep \
             persistent data in the workspace or on the data volume"
                .to_owned(),
        ),
        "ONBUILD" => warn("`ONBUILD` only takes effect in images built on this one".to_owned()),
        "LABEL" => {
            let pairs = instruction.pairs();
            let name = pairs
                .into_iter()
                .map(|(name, _)| name)
                .find(|it| it.starts_with(label::RESERVED_PREFIX));
            name.map(|name| DockerfileFinding {
                line: instruction.line,
                severity: Severity::Error,
                text: format!(
                    "label `{}` is reserved for ContainAI: choose another name",
                    name.escape_debug()
                ),
            })
        }
        _ => None,
    }
}

/// Reports a final user other than root.
fn check_user(lineage: &[Stage<'_>]) -> Option<DockerfileFinding> {
    let all = lineage.iter().flat_map(|stage| stage.instructions.iter().rev());
    let last = all.into_iter().find(|instruction| instruction.keyword == "USER")?;
    let name = last.arguments.split(':').next().unwrap_or_default();
    let is_root = matches!(name, "root" | "0");
    (!is_root).then(|| DockerfileFinding {
        line: last.line,
        severity: Severity::Warning,
        text: "`USER` only applies to the build: sessions run as `agent`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let file = Dockerfile::parse(text).expect("a Dockerfile");
        check_dockerfile(&file, ImageBuilder::BuildKit)
            .iter()
            .map(|finding| format!("{finding}\n"))
            .collect()
    }

    #[test]
    fn only_stages_of_the_final_image_are_checked() {
        let text = "ARG BASE_IMAGE\nFROM golang AS build\nUSER x\nENTRYPOINT a\nLABEL containai.x=1\nFROM ${BASE_IMAGE}\nCOPY --from=build /a /b\nUSER agent\nRUN a\nUSER root\n";
        assert_eq!(shown(text), "");
        insta::assert_snapshot!(
            shown("ARG BASE_IMAGE\nFROM $BASE_IMAGE AS a\nUSER agent\nCMD x\nVOLUME /x\nFROM a\nHEALTHCHECK NONE\nLABEL a=1 \"containai.keep\"=true\nONBUILD RUN z\n"),
            @r"
        3: warning: `USER` only applies to the build: sessions run as `agent`
        4: warning: `CMD` has no effect: the first process of a container is systemd; add services as units in `/etc/systemd/system`
        5: warning: `VOLUME` creates an anonymous volume that is removed with its container: keep persistent data in the workspace or on the data volume
        7: warning: `HEALTHCHECK` has no effect: the first process of a container is systemd; add services as units in `/etc/systemd/system`
        8: error: label `containai.keep` is reserved for ContainAI: choose another name
        9: warning: `ONBUILD` only takes effect in images built on this one
        "
        );
    }

    #[test]
    fn base_image_of_the_last_stage_is_checked() {
        insta::assert_snapshot!(shown("FROM ${BASE_IMAGE}"), @"1: error: the base image is empty: add `ARG BASE_IMAGE` before the first `FROM`");
        insta::assert_snapshot!(shown("FROM scratch"), @"1: error: the last stage is empty (`scratch`): base it on `${BASE_IMAGE}`");
        insta::assert_snapshot!(shown("FROM a AS x\nFROM x"), @"1: warning: the last stage is based on `a`, not on `${BASE_IMAGE}`: it must be a ContainAI image; `cai template upgrade` switches to the current one");
        assert_eq!(shown("ARG BASE_IMAGE=a\nFROM $BASE_IMAGE"), "");
    }
}
