//! Facts of the process that embeds this crate: home, environment, directory, user.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use containai_core::config;
use containai_core::layout::{EngineLayout, Layout};
use containai_docker::image::BuildEnv;

/// The only variables of a background process: the others may be secret. `PATH` and the agent
/// are for the `ssh` that connects to remote engines.
const BACKGROUND_VARIABLES: [&str; 5] =
    ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "PATH", "SSH_AUTH_SOCK"];

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
    /// Returns the value of a variable, if it is set and UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.get(OsStr::new(name))?.to_str().map(str::to_owned)
    }

    /// Returns the value of a variable as a path, if it is set and not empty.
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
    /// The variables that override the configuration.
    pub config: config::Environment,
    /// Certificates for a `tcp://` engine (`DOCKER_CERT_PATH`).
    pub certificates: Option<PathBuf>,
    /// The socket of the user's SSH agent (`SSH_AUTH_SOCK`).
    pub agent_socket: Option<PathBuf>,
    /// The directory that relative paths start from.
    pub directory: PathBuf,
    /// The user who gets access to the engine; `None` for root itself.
    pub user: Option<String>,
    /// The `cai` program, which the set-up installs as runtime and supervisor, and which connects
    /// to `tcp://` engines. Without it (`None`), the set-up fails, and such an engine cannot be
    /// used.
    pub program: Option<PathBuf>,
    /// The program that is started as mux daemon, which shares connections between processes.
    /// Without it (`None`), each process opens its own.
    pub mux_program: Option<PathBuf>,
    /// The directories to search for programs (`PATH`).
    pub search_path: Vec<PathBuf>,
    /// All variables.
    pub variables: EnvVars,
}

impl ProcessEnv {
    /// Returns the variables of a background process.
    pub(crate) fn background_variables(&self) -> impl Iterator<Item = (&'static str, OsString)> {
        BACKGROUND_VARIABLES
            .into_iter()
            .filter_map(|name| Some((name, self.variables.0.get(OsStr::new(name))?.clone())))
    }

    /// Returns the proxies, certificates and package registries for image builds.
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
        let bundles = ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
        let bundle =
            bundles.into_iter().filter_map(text).map(PathBuf::from).find(|it| it.is_file());
        BuildEnv {
            proxies: proxies.collect(),
            certificates: bundle.or_else(|| Some("/etc/ssl/certs/ca-certificates.crt".into())),
            npm_registry: either("NPM_CONFIG_REGISTRY", "npm_config_registry"),
            npmrc: Some(self.layout.home().join(".npmrc")),
            pip_index: text("PIP_INDEX_URL"),
        }
    }

    /// Finds a program in the search path. Relative directories are ignored.
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

    /// Returns the `cai` program, if its file still exists.
    pub(crate) fn existing_program(&self) -> Option<&Path> {
        self.program.as_deref().filter(|path| path.exists())
    }
}
