//! Names.

use anyhow::{Result, bail};
use containai_core::naming::{
    ContainerName, ContextName, EnvName, GitHead, Hostname, TemplateName, VolumeName,
};

use crate::vectors::record::Record;
use crate::vectors::report::Verdict;

pub(super) fn hostname(record: &Record) -> Result<Verdict> {
    let name = Hostname::sanitize(record.whole_text()?);
    Ok(record.compare(name.as_str(), 0))
}

pub(super) fn container_name(record: &Record) -> Result<Verdict> {
    let head = match record.text("git")? {
        "branch" | "subdir-of-repo" | "trailing-slash" => {
            GitHead::Branch(record.text("branch")?.to_owned())
        }
        "detached" | "bare" => GitHead::Detached,
        "unborn" => return unborn_branch(record),
        "nogit" | "root" | "missing" => GitHead::NoGit,
        other => bail!("the record's git is `{other}`"),
    };
    let name = ContainerName::derive_from(record.text("dir_name")?, &head);
    Ok(record.compare(name.as_str(), 0))
}

/// A branch without a commit names the container; in the shell version it was `detached`.
fn unborn_branch(record: &Record) -> Result<Verdict> {
    let (dir_name, branch) = (record.text("dir_name")?, record.text("branch")?);
    let name = ContainerName::derive_from(dir_name, &GitHead::Branch(branch.to_owned()));
    Ok(match name.as_str() == format!("{dir_name}-{branch}") {
        true => Verdict::Matches,
        false => Verdict::Differs(name.to_string()),
    })
}

pub(super) fn volume_name(record: &Record) -> Result<Verdict> {
    let branch = match record.text("git")? {
        "branch" => Some(record.text("branch")?),
        // The record does not contain the checked-out commit.
        "detached" => return Ok(Verdict::NotImplemented),
        _ => None,
    };
    let name = VolumeName::for_reset(record.text("dir_name")?, branch, record.number("clock_ns")?);
    Ok(record.compare(name.as_str(), 0))
}

pub(super) fn validate_volume_name(record: &Record) -> Result<Verdict> {
    Ok(record.compare_accepted(VolumeName::parse(record.whole_text()?).is_ok()))
}

pub(super) fn validate_context_name(record: &Record) -> Result<Verdict> {
    Ok(record.compare_accepted(ContextName::parse(record.whole_text()?).is_ok()))
}

pub(super) fn validate_template_name(record: &Record) -> Result<Verdict> {
    Ok(record.compare_accepted(TemplateName::parse(record.whole_text()?).is_ok()))
}

pub(super) fn validate_env_name(record: &Record) -> Result<Verdict> {
    Ok(record.compare_accepted(EnvName::parse(record.whole_text()?).is_ok()))
}
