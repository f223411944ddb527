//! The Docker context `containai-docker`, for access to the engine with Docker's own client.

use std::path::PathBuf;

use containai_core::layout::{EngineLayout, Layout};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::error::SetupError;
use super::file;

/// The name of the context.
pub const CONTEXT_NAME: &str = "containai-docker";

/// The context as a file of one user, as `docker context create` writes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DockerContext {
    /// Path where Docker looks for it.
    pub path: PathBuf,
    /// Contents of the file.
    pub content: String,
}

impl DockerContext {
    /// Returns the context of the user at `layout` for the engine at `engine`.
    pub fn new(layout: &Layout, engine: &EngineLayout) -> Self {
        let digest = hex::encode(Sha256::digest(CONTEXT_NAME));
        let host = format!("unix://{}", engine.socket().display());
        // Docker writes the fields in this order, without a trailing newline.
        let endpoint = json!({ "Host": host, "SkipTLSVerify": false });
        let metadata = json!({ "Description": "ContainAI's dedicated engine" });
        let content = format!(
            r#"{{"Name":"{CONTEXT_NAME}","Metadata":{metadata},"Endpoints":{{"docker":{endpoint}}}}}"#
        );
        Self { path: layout.docker_context_dir(&digest).join("meta.json"), content }
    }

    /// Returns whether the file exists with these contents.
    ///
    /// # Errors
    ///
    /// [`SetupError::File`] if it exists and cannot be read.
    pub fn is_current(&self) -> Result<bool, SetupError> {
        Ok(file::read_optional(&self.path)?.as_ref() == Some(&self.content))
    }

    /// Writes the file with mode 0644, and creates its directories.
    ///
    /// # Errors
    ///
    /// [`SetupError::File`] if it cannot be written.
    pub fn write(&self) -> Result<(), SetupError> {
        file::write_atomic(&self.path, self.content.as_bytes(), 0o644)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn matches_docker_context_create() {
        let layout = Layout::new(Path::new("/home/me"), None, None);
        let context = DockerContext::new(&layout, &EngineLayout::default());
        insta::assert_snapshot!(context.path.display(), @"/home/me/.docker/contexts/meta/64d389f24195eb02789e0d9203e1543fd15ef4679466ab7fca0bd768c1148991/meta.json");
        insta::assert_snapshot!(context.content, @r#"{"Name":"containai-docker","Metadata":{"Description":"ContainAI's dedicated engine"},"Endpoints":{"docker":{"Host":"unix:///var/run/containai-docker.sock","SkipTLSVerify":false}}}"#);
    }
}
