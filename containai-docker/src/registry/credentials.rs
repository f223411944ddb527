//! Credentials of registries, as `docker login` stores them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// The time limit of a credential helper, which may ask the user.
const HELPER_TIMEOUT: Duration = Duration::from_secs(60);
/// The user name with which a helper returns an identity token.
const TOKEN_USER: &str = "<token>";

/// The credentials for one registry; secret.
pub(super) enum RegistryCredentials {
    /// The value of an `Authorization` header of the scheme `Basic`.
    Password(String),
    /// A token to exchange for another one.
    IdentityToken(String),
}

impl fmt::Debug for RegistryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistryCredentials")
    }
}

/// The parts of Docker's `config.json` about registries.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DockerConfig {
    auths: BTreeMap<String, StoredLogin>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StoredLogin {
    auth: String,
    identitytoken: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

impl RegistryCredentials {
    /// Finds the credentials of a registry in the directory of Docker's configuration; `None` without
    /// a login. A helper that the configuration names is run as Docker runs it.
    pub(super) async fn find(directory: &Path, registry: &str) -> Option<Self> {
        let text = fs::read(directory.join("config.json")).ok()?;
        let config: DockerConfig = serde_json::from_slice(&text).ok()?;
        let of_registry = |key: &&String| server_of(key) == registry;
        let helper = config.cred_helpers.keys().find(of_registry);
        let helper =
            helper.and_then(|key| config.cred_helpers.get(key)).or(config.creds_store.as_ref());
        if let Some(helper) = helper
            && let Some(found) = ask_helper(helper, registry).await
        {
            return Some(found);
        }
        let login = config.auths.get(config.auths.keys().find(of_registry)?)?;
        if !login.identitytoken.is_empty() {
            return Some(Self::IdentityToken(login.identitytoken.clone()));
        }
        let decoded = BASE64_STANDARD.decode(&login.auth).ok()?;
        decoded.contains(&b':').then(|| Self::Password(format!("Basic {}", login.auth)))
    }
}

/// Returns the host of a key, which may be a URL.
fn server_of(key: &str) -> &str {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// Runs `docker-credential-NAME get`.
///
/// Source: <https://github.com/docker/docker-credential-helpers>.
async fn ask_helper(name: &str, registry: &str) -> Option<RegistryCredentials> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(is_plain) {
        return None;
    }
    let mut child = Command::new(format!("docker-credential-{name}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let answer = async {
        stdin.write_all(registry.as_bytes()).await.ok()?;
        drop(stdin);
        child.wait_with_output().await.ok()
    };
    let output = timeout(HELPER_TIMEOUT, answer).await.ok()??;
    if !output.status.success() {
        return None;
    }
    let HelperAnswer { username, secret } = serde_json::from_slice(&output.stdout).ok()?;
    Some(match username == TOKEN_USER {
        true => RegistryCredentials::IdentityToken(secret),
        false => {
            let pair = BASE64_STANDARD.encode(format!("{username}:{secret}"));
            RegistryCredentials::Password(format!("Basic {pair}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn logins_of_docker_are_found() -> anyhow::Result<()> {
        let directory = tempfile::tempdir()?;
        let auth = BASE64_STANDARD.encode("me:hush");
        let config = format!(
            r#"{{"auths": {{"ghcr.io": {{"auth": "{auth}"}}, "https://old.corp/v1/": {{"auth": "{auth}"}},
                "token.corp": {{"auth": "", "identitytoken": "tok"}}, "empty.corp": {{}}, "bad.corp": {{"auth": "%"}}}},
                "credHelpers": {{"helped.corp": "../../bin/sh", "ghcr.io": "not-installed-4711"}}, "HttpHeaders": {{}}}}"#
        );
        fs::write(directory.path().join("config.json"), config)?;
        let mut found = Vec::new();
        for registry in
            ["ghcr.io", "old.corp", "token.corp", "empty.corp", "bad.corp", "helped.corp", "x.io"]
        {
            found.push(match RegistryCredentials::find(directory.path(), registry).await {
                Some(it @ RegistryCredentials::Password(_)) => {
                    assert_eq!(format!("{it:?}"), "RegistryCredentials");
                    "password"
                }
                Some(RegistryCredentials::IdentityToken(_)) => "token",
                None => "none",
            });
        }
        assert_eq!(found, ["password", "password", "token", "none", "none", "none", "none"]);
        fs::write(directory.path().join("config.json"), "{")?;
        assert!(RegistryCredentials::find(directory.path(), "ghcr.io").await.is_none());
        Ok(())
    }
}
