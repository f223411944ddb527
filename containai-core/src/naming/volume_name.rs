//! Volume names.

use super::alphabet::{hyphenated, is_docker_first, is_docker_rest, is_made_of};
use super::newtype::{parses_from_text, reads_as_text};
use super::{ClientId, RandomId, WorkspacePath};

/// The name of a Docker volume: `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 255 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeName(String);

/// The start of the names of volumes with shared logins.
const CREDENTIALS_PREFIX: &str = "containai-credentials-";

reads_as_text!(VolumeName);
parses_from_text!(VolumeName, VolumeNameError);

impl VolumeName {
    /// The maximum length of a name, which is a directory on the host (`NAME_MAX`).
    pub const MAX_LEN: usize = 255;

    /// Parses a name given by the user.
    ///
    /// # Errors
    ///
    /// [`VolumeNameError`] if Docker would refuse the name or it is too long.
    pub fn parse(text: &str) -> Result<Self, VolumeNameError> {
        if text.len() <= Self::MAX_LEN && is_made_of(text, is_docker_first, is_docker_rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(VolumeNameError { text: text.to_owned() })
        }
    }

    /// Returns the data volume of a workspace: agents' settings and credentials.
    ///
    /// The name depends only on the path of the workspace, so that a container recreated
    /// on another branch gets the same volume. The digest separates workspaces with the
    /// same directory name; otherwise they would share credentials.
    #[must_use]
    pub fn data(workspace: &WorkspacePath) -> Self {
        Self::of(workspace, None, VolumeUse::Data)
    }

    /// Returns the volume with the images and containers of the inner Docker.
    #[must_use]
    pub fn docker(workspace: &WorkspacePath) -> Self {
        Self::of(workspace, None, VolumeUse::Docker)
    }

    /// Returns a volume of a workspace. For a remote engine, `client` is the machine that
    /// has the workspace: clients never share a volume, even with the same path.
    #[must_use]
    pub fn of(workspace: &WorkspacePath, client: Option<&ClientId>, what: VolumeUse) -> Self {
        let directory = part(workspace.dir_name(), "workspace");
        let digest = match client {
            Some(client) => workspace.digest_with(client),
            None => workspace.digest(),
        };
        let what = what.as_str();
        let max_len = Self::MAX_LEN - "containai---".len() - digest.len() - what.len();
        let directory = directory.get(..max_len).unwrap_or(&directory);
        Self(format!("containai-{directory}-{digest}-{what}"))
    }

    /// Returns the volume with a login that the containers of a user share. `home` is the home
    /// directory of the user, and `client` the machine with it, for a remote engine. `login` is a
    /// name of a login, such as `claude`.
    #[must_use]
    pub fn credentials(home: &WorkspacePath, client: Option<&ClientId>, login: &str) -> Self {
        let digest = match client {
            Some(client) => home.digest_with(client),
            None => home.digest(),
        };
        let login = part(login, "login");
        let max_len = Self::MAX_LEN - CREDENTIALS_PREFIX.len() - digest.len() - 1;
        let login = login.get(..max_len).unwrap_or(&login);
        Self(format!("{CREDENTIALS_PREFIX}{digest}-{login}"))
    }

    /// Returns whether the name is one of [`credentials`](Self::credentials).
    #[must_use]
    pub fn is_credentials(&self) -> bool {
        self.0.starts_with(CREDENTIALS_PREFIX)
    }

    /// Returns a volume of a snapshot.
    #[must_use]
    pub fn of_snapshot(id: &RandomId, what: VolumeUse) -> Self {
        Self(format!("containai-snapshot-{id}-{}", what.as_str()))
    }

    /// Returns a volume restored from a snapshot for a workspace: [`of`](Self::of) with
    /// `id` in the name.
    #[must_use]
    pub fn restored(
        workspace: &WorkspacePath,
        client: Option<&ClientId>,
        what: VolumeUse,
        id: &RandomId,
    ) -> Self {
        let own = Self::of(workspace, client, what);
        let word = what.as_str();
        let stem = own.0.strip_suffix(word).unwrap_or(&own.0);
        let max_len = Self::MAX_LEN - id.as_str().len() - word.len() - 1;
        let stem = stem.get(..max_len).unwrap_or(stem);
        Self(format!("{stem}{id}-{word}"))
    }

    /// Returns whether the name was generated for the workspace, by [`of`](Self::of) or
    /// [`restored`](Self::restored).
    #[must_use]
    pub fn belongs_to(
        &self,
        workspace: &WorkspacePath,
        client: Option<&ClientId>,
        what: VolumeUse,
    ) -> bool {
        let copied = |nonce: &RandomId| Self::restored(workspace, client, what, nonce) == *self;
        *self == Self::of(workspace, client, what)
            || self.random_id(what).is_some_and(|nonce| copied(&nonce))
    }

    fn random_id(&self, what: VolumeUse) -> Option<RandomId> {
        let rest = self.0.strip_suffix(what.as_str())?.strip_suffix('-')?;
        RandomId::parse(rest.rsplit('-').next()?).ok()
    }

    /// Returns the volume of the inner Docker that matches this data volume: the one
    /// restored together with it, or else the default one of the workspace.
    #[must_use]
    pub fn docker_beside(&self, workspace: &WorkspacePath, client: Option<&ClientId>) -> Self {
        let nonce = self.random_id(VolumeUse::Data);
        let copied = |what, nonce: &RandomId| Self::restored(workspace, client, what, nonce);
        match nonce {
            Some(nonce) if copied(VolumeUse::Data, &nonce) == *self => {
                copied(VolumeUse::Docker, &nonce)
            }
            _ => Self::of(workspace, client, VolumeUse::Docker),
        }
    }

    /// Returns a new data volume for `--reset`: `{directory}-{branch}-{stamp}`.
    ///
    /// `branch` is the full branch, or the short commit of a detached `HEAD`; `None`
    /// outside git. `unix_nanos` is the current time in nanoseconds since 1970. If the
    /// name would be too long, the longer part is cut.
    #[must_use]
    pub fn for_reset(dir_name: &str, branch: Option<&str>, unix_nanos: u64) -> Self {
        let repo = part(dir_name, "workspace");
        let branch = branch.map_or_else(|| "nogit".to_owned(), |branch| part(branch, "unknown"));
        let stamp = unix_nanos.to_string();
        let max_len = Self::MAX_LEN - stamp.len() - 2;
        let (repo, branch) = shorten(&repo, &branch, max_len);
        Self(format!("{repo}-{branch}-{stamp}"))
    }
}

/// The use of a volume of a container.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum VolumeUse {
    /// Agents' settings and credentials.
    Data,
    /// The images and containers of the inner Docker.
    Docker,
    /// The workspace copy on a remote engine.
    Workspace,
}

impl VolumeUse {
    fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Docker => "docker",
            Self::Workspace => "workspace",
        }
    }
}

/// Docker would refuse the volume name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a valid volume name: expected up to 255 letters, digits, `_`, `.` and `-`, beginning with a letter or digit",
    text.escape_debug()
)]
#[non_exhaustive]
pub struct VolumeNameError {
    /// The given text.
    pub text: String,
}

/// Reduces one part of a name to words and hyphens; an empty part becomes `fallback`.
fn part(text: &str, fallback: &str) -> String {
    let kept = hyphenated(text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }));
    if kept.is_empty() { fallback.to_owned() } else { kept }
}

/// Cuts two ASCII parts to at most `room` characters together; the shorter one keeps up
/// to half of it.
fn shorten<'a>(repo: &'a str, branch: &'a str, max_len: usize) -> (&'a str, &'a str) {
    let repo_room = (max_len - max_len / 2).max(max_len.saturating_sub(branch.len()));
    let repo = repo.get(..repo_room).unwrap_or(repo).trim_end_matches('-');
    let branch_room = max_len - repo.len();
    (repo, branch.get(..branch_room).unwrap_or(branch).trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn volumes_restored_together_match() -> Result<(), Box<dyn std::error::Error>> {
        let workspace = WorkspacePath::new("/home/a/api")?;
        let nonce = RandomId::from_random([7; 6]);
        let data = VolumeName::restored(&workspace, None, VolumeUse::Data, &nonce);
        let docker = VolumeName::restored(&workspace, None, VolumeUse::Docker, &nonce);
        assert_eq!(data.docker_beside(&workspace, None), docker);
        let own = VolumeName::docker(&workspace);
        let other = WorkspacePath::new("/home/b/api")?;
        assert_eq!(data.docker_beside(&other, None), VolumeName::docker(&other));
        for name in [VolumeName::data(&workspace), VolumeName::parse("mine-070707070707-data")?] {
            assert_eq!(name.docker_beside(&workspace, None), own, "{name}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn restored_volume_names_are_valid_for_docker(directory in "[a-zA-Z0-9 é._-]{1,300}") {
            let Ok(workspace) = WorkspacePath::new(format!("/{directory}")) else { return Ok(()) };
            let nonce = RandomId::from_random([7; 6]);
            for what in [VolumeUse::Data, VolumeUse::Docker] {
                let name = VolumeName::restored(&workspace, None, what, &nonce);
                prop_assert!(VolumeName::parse(name.as_str()).is_ok(), "{}", name);
                prop_assert_ne!(&name, &VolumeName::of(&workspace, None, what));
            }
        }
    }

    #[test]
    fn two_workspaces_never_share() -> Result<(), Box<dyn std::error::Error>> {
        let one = VolumeName::data(&WorkspacePath::new("/home/a/api")?);
        let other = VolumeName::data(&WorkspacePath::new("/home/b/api")?);
        insta::assert_snapshot!(one, @"containai-api-4cf4e026-data");
        assert_ne!(one, other);
        Ok(())
    }

    #[test]
    fn two_machines_never_share() -> Result<(), Box<dyn std::error::Error>> {
        let path = WorkspacePath::new("/home/a/api")?;
        let [one, other] = [[1; 16], [2; 16]].map(|bytes| {
            let client = ClientId::from_random(bytes);
            VolumeName::of(&path, Some(&client), VolumeUse::Workspace)
        });
        insta::assert_snapshot!(one, @"containai-api-181ee3af-workspace");
        assert_ne!(one, other);
        Ok(())
    }

    #[test]
    fn inner_docker_has_a_separate_volume() -> Result<(), Box<dyn std::error::Error>> {
        let volume = VolumeName::docker(&WorkspacePath::new("/home/a/api")?);
        insta::assert_snapshot!(volume, @"containai-api-4cf4e026-docker");
        Ok(())
    }

    #[test]
    fn reset_names_directory_branch_and_time() {
        let name = VolumeName::for_reset("My_App", Some("feature/oauth"), 17);
        assert_eq!(name.as_str(), "my-app-feature-oauth-17");
        assert_eq!(VolumeName::for_reset("/", None, 17).as_str(), "workspace-nogit-17");
    }

    #[test]
    fn shared_logins_belong_to_a_home_directory() -> Result<(), Box<dyn std::error::Error>> {
        let (mine, theirs) = (WorkspacePath::new("/home/a")?, WorkspacePath::new("/home/b")?);
        let client = ClientId::from_random([7; 16]);
        let name = VolumeName::credentials(&mine, None, "claude");
        assert!(name.is_credentials() && !VolumeName::data(&mine).is_credentials());
        assert_ne!(name, VolumeName::credentials(&theirs, None, "claude"));
        assert_ne!(name, VolumeName::credentials(&mine, Some(&client), "claude"));
        assert_ne!(name, VolumeName::credentials(&mine, None, "codex"));
        Ok(())
    }

    proptest! {
        #[test]
        fn derived_names_are_volume_names(path in "/.{0,400}") {
            if let Ok(workspace) = WorkspacePath::new(&path) {
                let name = VolumeName::data(&workspace);
                prop_assert!(VolumeName::parse(name.as_str()).is_ok());
            }
        }

        #[test]
        fn reset_is_a_volume_name(dir in ".{0,300}", branch in ".{0,300}", stamp: u64) {
            let name = VolumeName::for_reset(&dir, Some(&branch), stamp);
            prop_assert!(VolumeName::parse(name.as_str()).is_ok());
            let suffix = format!("-{stamp}");
            prop_assert!(name.as_str().ends_with(&suffix));
        }

        #[test]
        fn parsing_keeps_the_text(text in ".*") {
            if let Ok(name) = VolumeName::parse(&text) {
                prop_assert_eq!(name.as_str(), text.as_str());
            }
        }
    }
}
