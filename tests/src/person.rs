//! A user of `cai`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

use crate::{Api, Cai, Engine, Outcome, Repository, TestRoot};

/// The first port of the first person; each person gets [`PORTS`] ports.
const FIRST_PORT: u16 = 22_000;
const PORTS: u16 = 16;

/// A user with a home directory of their own, on the shared or another engine.
///
/// Dropping the value removes the containers and volumes of the person's workspaces.
#[derive(Debug)]
pub struct Person<'e> {
    directory: PathBuf,
    engine: &'e Engine,
}

impl Person<'static> {
    /// Returns a person on the shared engine.
    #[track_caller]
    pub fn new() -> Self {
        Self::on(Engine::shared())
    }
}

impl Default for Person<'static> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'e> Person<'e> {
    /// Returns a person on this engine, configured with a port range that no other person of this
    /// run has: locks between runs of `cai` work within one home directory.
    #[track_caller]
    pub fn on(engine: &'e Engine) -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let person = Self { directory: TestRoot::create("p"), engine };
        let start = FIRST_PORT + turn % 600 * PORTS;
        person.configure(&format!(
            "[ssh]\nport_range_start = {start}\nport_range_end = {}\n",
            start + PORTS - 1
        ));
        person
    }

    /// Replaces the user's `config.toml`.
    #[track_caller]
    pub fn configure(&self, toml: &str) {
        let directory = self.home().join(".config/containai");
        fs::create_dir_all(&directory).expect("a directory can be made");
        fs::write(directory.join("config.toml"), toml).expect("a file can be written");
    }

    /// Returns the home directory.
    pub fn home(&self) -> PathBuf {
        self.directory.join("home")
    }

    /// Returns the path of a name beside the home directory.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Creates a repository beside the home directory.
    #[track_caller]
    pub fn repository(&self, name: &str) -> Repository {
        Repository::create(self.directory.join(name))
    }

    /// Returns a call of `cai`.
    pub fn cai(&self, args: impl IntoIterator<Item = impl Into<std::ffi::OsString>>) -> Cai {
        Cai::new(&self.home(), self.engine).args(args)
    }

    /// Runs `cai run --image base -- sh -c SCRIPT` in a workspace.
    #[track_caller]
    pub fn run(&self, workspace: impl Into<PathBuf>, script: &str) -> Outcome {
        self.cai(["run", "--image", "base", "--", "sh", "-c", script]).current_dir(workspace).run()
    }

    /// Does the same right after a `cai` was killed; see [`retry_if_disconnected`].
    #[track_caller]
    pub fn run_after_kill(&self, workspace: impl Into<PathBuf>, script: &str) -> Outcome {
        let workspace = workspace.into();
        retry_if_disconnected(|| self.run(&workspace, script))
    }

    /// Runs `cai exec -- sh -c SCRIPT` in a workspace.
    #[track_caller]
    pub fn exec(&self, workspace: impl Into<PathBuf>, script: &str) -> Outcome {
        self.cai(["exec", "--", "sh", "-c", script]).current_dir(workspace).run()
    }

    /// Returns a client of the engine's API.
    pub fn api(&self) -> Api {
        self.engine.api()
    }

    /// Returns the inspection of the only container of a workspace.
    #[track_caller]
    pub fn container(&self, workspace: &Path) -> Value {
        let all = self.containers(workspace);
        assert_eq!(all.len(), 1, "one container of {} in {all:#?}", workspace.display());
        let id = all[0]["Id"].as_str().expect("an id").to_owned();
        self.api().container(&id).expect("the container is still there")
    }

    /// Returns the containers of a workspace in the engine's short form.
    #[track_caller]
    pub fn containers(&self, workspace: &Path) -> Vec<Value> {
        self.containers_where(|path| Path::new(path) == workspace)
    }

    /// Returns the name of the only container of a workspace.
    #[track_caller]
    pub fn container_name(&self, workspace: &Path) -> String {
        let container = self.container(workspace);
        container["Name"].as_str().expect("a name").trim_start_matches('/').to_owned()
    }

    /// Returns the SSH alias of the only container of a workspace.
    #[track_caller]
    pub fn alias(&self, workspace: &Path) -> String {
        format!("containai-{}", self.container_name(workspace))
    }

    /// Removes the containers of a workspace with their volumes.
    pub fn remove_containers(&self, workspace: &Path) {
        for container in self.containers(workspace) {
            self.engine.sweep(&container);
        }
    }

    /// Returns an OpenSSH program that reads the configuration generated for this person.
    pub fn openssh(&self, program: &str) -> std::process::Command {
        let mut command = std::process::Command::new(program);
        command.arg("-F").arg(self.home().join(".ssh/config")).current_dir(&self.directory);
        command
    }

    /// Removes snapshots of this person's workspaces from the engine.
    fn remove_snapshots(&self) {
        let api = self.api();
        let is_ours = |it: &Value| {
            let path = it["Labels"]["containai.workspace"].as_str();
            path.is_some_and(|path| Path::new(path).starts_with(&self.directory))
        };
        let filter = "%7B%22label%22%3A%5B%22containai.snapshot%22%5D%7D";
        let images = api.get(&format!("/images/json?filters={filter}"));
        let volumes = api.get(&format!("/volumes?filters={filter}"))["Volumes"].clone();
        for image in images.as_array().into_iter().flatten().filter(|it| is_ours(it)) {
            let id = image["Id"].as_str().unwrap_or_default();
            api.delete(&format!("/images/{id}?force=1"));
        }
        for volume in volumes.as_array().into_iter().flatten().filter(|it| is_ours(it)) {
            let name = volume["Name"].as_str().unwrap_or_default();
            api.delete(&format!("/volumes/{name}?force=1"));
        }
    }

    fn containers_where(&self, matches: impl Fn(&str) -> bool) -> Vec<Value> {
        let workspace = |container: &Value| {
            container["Labels"]["containai.workspace"].as_str().is_some_and(&matches)
        };
        self.api().managed().into_iter().filter(workspace).collect()
    }
}

/// Calls `cai` right after another one was killed. A stop that the killed one requested may end the
/// container while this call is under way. `cai` does not repeat a command whose progress is
/// unknown, so this repeats it once, only if the connection broke.
#[track_caller]
pub fn retry_if_disconnected(call: impl Fn() -> Outcome) -> Outcome {
    let outcome = call();
    let is_cut = outcome.status() == i32::from(containai_core::exit::CANNOT_CONNECT)
        && outcome.stderr().contains("the SSH connection to");
    if is_cut { call() } else { outcome }
}

impl Drop for Person<'_> {
    fn drop(&mut self) {
        if self.api().answers() {
            let is_ours = |path: &str| Path::new(path).starts_with(&self.directory);
            for container in self.containers_where(is_ours) {
                self.engine.sweep(&container);
            }
            self.remove_snapshots();
        }
        // A workspace may hold files with ids of a container; root can remove them.
        let _ = fs::remove_dir_all(&self.directory);
    }
}
