//! Facts of the process that embeds this crate: home, environment, directory, user.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use containai_core::config;
use containai_core::hint::Hint;
use containai_core::layout::{EngineLayout, Layout};
use containai_docker::image::BuildEnv;
use nix::unistd::{User, geteuid, getuid};

use crate::error::OperationError;

/// The only variables of a background process: the others may be secret. `PATH` and the agent
/// are for the `ssh` that connects to remote engines.
const BACKGROUND_VARIABLES: [&str; 5] =
    ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "PATH", "SSH_AUTH_SOCK"];

/// Environment variables; `Debug` shows no value.
#[derive(Clone, Default)]
pub struct ProcessVars(Arc<HashMap<OsString, OsString>>);

impl fmt::Debug for ProcessVars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} variables", self.0.len())
    }
}

impl FromIterator<(OsString, OsString)> for ProcessVars {
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(variables: T) -> Self {
        Self(Arc::new(variables.into_iter().collect()))
    }
}

impl ProcessVars {
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

/// The bundles of certificates of Debian, Fedora and SUSE.
const SYSTEM_BUNDLES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
];

/// The directories of programs that are searched without `PATH`.
const DEFAULT_SEARCH_PATH: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Facts of the process that embeds this crate.
///
/// [`ProcessEnv::new`] has defaults for everything but the home directory; change fields for other
/// facts.
///
/// ```
/// use containai::ProcessEnv;
///
/// let mut env = ProcessEnv::new("/home/me");
/// env.agent_socket = Some("/run/user/1000/ssh-agent".into());
/// assert_eq!(env.layout.config_dir().to_str(), Some("/home/me/.config/containai"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
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
    pub variables: ProcessVars,
}

impl ProcessEnv {
    /// Facts with this home directory and defaults for everything else:
    ///
    /// - configuration, data and SSH files at their usual places in the home directory;
    /// - the engine that `cai setup` creates on this machine;
    /// - no environment variables, SSH agent or certificates;
    /// - the current directory of the process;
    /// - the user with the process's real user id;
    /// - programs in the usual directories, and no `cai`.
    #[must_use]
    pub fn new(home: impl AsRef<Path>) -> Self {
        let user = User::from_uid(getuid()).ok().flatten().map(|user| user.name);
        Self {
            layout: Layout::new(home.as_ref(), None, None),
            engine: EngineLayout::default(),
            config: config::Environment::default(),
            certificates: None,
            agent_socket: None,
            directory: fs::canonicalize(".").unwrap_or_else(|_| "/".into()),
            user: user.filter(|name| name != "root"),
            program: None,
            mux_program: None,
            search_path: DEFAULT_SEARCH_PATH.map(PathBuf::from).into(),
            variables: ProcessVars::default(),
        }
    }

    /// As [`new`](Self::new), with the home directory that the user database (passwd(5)) has for the
    /// process's real user id. `HOME` is not read.
    ///
    /// # Errors
    ///
    /// [`Error::Operation`](crate::Error::Operation): the database has no such user.
    pub fn of_user() -> crate::Result<Self> {
        Self::from_vars([])
    }

    /// Facts from environment variables, such as those of `std::env::vars_os`:
    ///
    /// - `HOME`, otherwise the home directory as in [`of_user`](Self::of_user);
    /// - `XDG_CONFIG_HOME`, `XDG_DATA_HOME`, `XDG_RUNTIME_DIR` and `DOCKER_CONFIG`;
    /// - `DOCKER_CERT_PATH`, `SSH_AUTH_SOCK` and `PATH`;
    /// - `CONTAINAI_ENGINE_ROOT`, and the variables of settings.
    ///
    /// Builds and sessions may use the other variables too.
    ///
    /// # Errors
    ///
    /// [`Error::Operation`](crate::Error::Operation): there is no home directory.
    pub fn from_vars(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> crate::Result<Self> {
        let variables: ProcessVars = variables.into_iter().collect();
        let home = variables.path("HOME").filter(|home| home.is_absolute());
        let mut env = Self::new(home.or_else(home_of_user).ok_or_else(no_home)?);
        env.layout = Layout::new(
            env.layout.home(),
            variables.path("XDG_CONFIG_HOME").as_deref(),
            variables.path("DOCKER_CONFIG").as_deref(),
        )
        .with_data_home(variables.path("XDG_DATA_HOME").as_deref())
        .with_runtime_dir(
            variables.path("XDG_RUNTIME_DIR").filter(|it| is_owned_by_user(it)).as_deref(),
        );
        env.engine = variables
            .path("CONTAINAI_ENGINE_ROOT")
            .map_or_else(EngineLayout::default, EngineLayout::at);
        env.config = config::Environment::read(|name| variables.text(name));
        env.certificates = variables.path("DOCKER_CERT_PATH");
        env.agent_socket = variables.path("SSH_AUTH_SOCK");
        if let Some(path) = variables.0.get(OsStr::new("PATH")) {
            env.search_path = std::env::split_paths(path).collect();
        }
        env.variables = variables;
        Ok(env)
    }

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
        let chosen = ["SSL_CERT_FILE", "CURL_CA_BUNDLE"].into_iter().filter_map(text);
        let bundles = chosen.chain(SYSTEM_BUNDLES.map(str::to_owned)).map(PathBuf::from);
        let bundle = bundles.into_iter().find(|it| it.is_file());
        // Node adds these to the system's.
        let added = text("NODE_EXTRA_CA_CERTS").map(PathBuf::from);
        let mut build_env = BuildEnv::default();
        build_env.proxies = proxies.collect();
        build_env.certificates = bundle.into_iter().chain(added).collect();
        build_env.npm_registry = either("NPM_CONFIG_REGISTRY", "npm_config_registry");
        build_env.npmrc = Some(self.layout.home().join(".npmrc"));
        build_env.pip_index = text("PIP_INDEX_URL");
        build_env
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

fn home_of_user() -> Option<PathBuf> {
    Some(User::from_uid(getuid()).ok()??.dir)
}

fn no_home() -> OperationError {
    OperationError::usage("cannot find the home directory").hint(Hint::new("set `HOME`"))
}

/// Whether a directory belongs to the user of the process; with `sudo`, the runtime directory may
/// belong to another one.
fn is_owned_by_user(directory: &Path) -> bool {
    fs::metadata(directory).is_ok_and(|metadata| metadata.uid() == geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_vars(variables: &[(&str, &str)]) -> crate::Result<ProcessEnv> {
        let pair = |(name, value): &(&str, &str)| ((*name).into(), (*value).into());
        ProcessEnv::from_vars(variables.iter().map(pair))
    }

    #[test]
    fn variables_replace_defaults() -> crate::Result<()> {
        let env = from_vars(&[
            ("HOME", "/home/me"),
            ("XDG_CONFIG_HOME", "/etc/me"),
            ("PATH", "/a:/b"),
            ("SSH_AUTH_SOCK", ""),
            ("CONTAINAI_ENGINE_ROOT", "/engine"),
        ])?;
        assert_eq!(env.layout.home(), Path::new("/home/me"));
        assert_eq!(env.layout.config_dir(), Path::new("/etc/me/containai"));
        assert_eq!(env.search_path, [Path::new("/a"), Path::new("/b")]);
        assert_eq!((env.agent_socket, env.certificates), (None, None));
        assert_eq!(env.engine.root(), Path::new("/engine"));
        let env = from_vars(&[("HOME", "relative")])?;
        assert_eq!(Some(env.layout.home().to_owned()), home_of_user());
        assert_eq!(env.search_path.len(), DEFAULT_SEARCH_PATH.len());
        Ok(())
    }
}
