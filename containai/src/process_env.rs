//! Facts of the process that embeds this crate: home, environment, directory, user.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use containai_core::config;
use containai_core::layout::{EngineLayout, Layout};
use containai_docker::image::BuildEnv;

/// The variables that a process which outlives the command gets, and all that it gets: the
/// others may be secret.
///
/// `PATH` and the agent are for the `ssh` that connects to remote engines.
const KEPT: [&str; 5] = ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "PATH", "SSH_AUTH_SOCK"];

/// Environment variables; `Debug` shows no value.
#[derive(Clone, Default)]
pub struct EnvVars(Arc<HashMap<OsString, OsString>>);

impl fmt::Debug for EnvVars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} variables", self.0.len())
    }
}

impl FromIterator<(OsString, OsString)> for EnvVars {
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(variables: T) -> Self {
        Self(Arc::new(variables.into_iter().collect()))
    }
}

impl EnvVars {
    /// A variable's value, if it is set and UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.get(OsStr::new(name))?.to_str().map(str::to_owned)
    }

    /// A variable's value as a path, if it is set and not empty.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(OsStr::new(name)).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}

/// Facts of the process that embeds this crate.
#[derive(Clone, Debug)]
pub struct ProcessEnv {
    /// The paths of the user.
    pub layout: Layout,
    /// The paths of the engine.
    pub engine: EngineLayout,
    /// The variables that configure something.
    pub config: config::Environment,
    /// Certificates for a `tcp://` engine (`DOCKER_CERT_PATH`).
    pub certificates: Option<PathBuf>,
    /// The socket of the user's SSH agent (`SSH_AUTH_SOCK`).
    pub agent_socket: Option<PathBuf>,
    /// The directory that relative paths start from.
    pub directory: PathBuf,
    /// The user who gets access to the engine; `None` for root itself.
    pub user: Option<String>,
    /// The `cai` program, which set-up installs as runtime and supervisor and which connects to
    /// engines behind `tcp://`; `None` where there is none: set-up then fails, and such an engine
    /// cannot be used.
    pub program: Option<PathBuf>,
    /// The program that is started as mux daemon, which shares connections between processes;
    /// `None`: each process opens its own.
    pub mux_program: Option<PathBuf>,
    /// The directories of programs (`PATH`).
    pub search_path: Vec<PathBuf>,
    /// All variables.
    pub variables: EnvVars,
}

impl ProcessEnv {
    /// The variables that a process which outlives the command gets.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&'static str, OsString)> {
        KEPT.into_iter()
            .filter_map(|name| Some((name, self.variables.0.get(OsStr::new(name))?.clone())))
    }

    /// The proxies, certificates and package registries that builds use on this machine.
    pub(crate) fn build_env(&self) -> BuildEnv {
        let text = |name: &str| self.variables.text(name).filter(|value| !value.is_empty());
        let either = |upper: &str, lower: &str| text(lower).or_else(|| text(upper));
        let proxies = ["http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy"];
        let proxies = proxies.into_iter().flat_map(|name| {
            let value = either(&name.to_uppercase(), name);
            value.into_iter().flat_map(move |value| {
                [(name.to_owned(), value.clone()), (name.to_uppercase(), value)]
            })
        });
        let bundle = ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
        let named = bundle.into_iter().filter_map(text).map(PathBuf::from).find(|it| it.is_file());
        BuildEnv {
            proxies: proxies.collect(),
            certificates: named.or_else(|| Some("/etc/ssl/certs/ca-certificates.crt".into())),
            npm_registry: either("NPM_CONFIG_REGISTRY", "npm_config_registry"),
            npmrc: Some(self.layout.home().join(".npmrc")),
            pip_index: text("PIP_INDEX_URL"),
        }
    }

    /// Finds a program as a shell would.
    #[must_use]
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let is_program = |path: &PathBuf| {
            path.is_file()
                && nix::unistd::access(path.as_path(), nix::unistd::AccessFlags::X_OK).is_ok()
        };
        self.search_path
            .iter()
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(name))
            .find(is_program)
    }

    /// The program, while its file exists.
    pub(crate) fn existing_program(&self) -> Option<&Path> {
        self.program.as_deref().filter(|path| path.exists())
    }
}
