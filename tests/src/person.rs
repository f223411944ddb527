//! Somebody who uses `cai`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

use crate::{Api, Cai, Engine, Outcome, Place, Repository};

/// The first port that persons get; each has [`PORTS`] of them.
const FIRST_PORT: u16 = 22_000;
const PORTS: u16 = 16;

/// Somebody with a home that nobody else has, on an engine that everybody has.
///
/// When the person goes, the containers and volumes of its workspaces go too.
#[derive(Debug)]
pub struct Person<'e> {
    directory: PathBuf,
    engine: &'e Engine,
}

impl Person<'static> {
    /// A person on the shared engine.
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
    /// A person on this engine, whose configuration names a range of ports
    /// that is nobody else's in this run: locks between runs of `cai` are a
    /// matter of one home.
    #[track_caller]
    pub fn on(engine: &'e Engine) -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let person = Self { directory: Place::fresh("p"), engine };
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

    /// The home directory.
    pub fn home(&self) -> PathBuf {
        self.directory.join("home")
    }

    /// A directory beside the home.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A new repository beside the home.
    #[track_caller]
    pub fn repository(&self, name: &str) -> Repository {
        Repository::make(self.directory.join(name))
    }

    /// A call of `cai`.
    pub fn cai(&self, args: impl IntoIterator<Item = impl Into<std::ffi::OsString>>) -> Cai {
        Cai::new(&self.home(), self.engine).args(args)
    }

    /// `cai run --image base -- sh -c SCRIPT` in a workspace.
    #[track_caller]
    pub fn run(&self, workspace: impl Into<PathBuf>, script: &str) -> Outcome {
        self.cai(["run", "--image", "base", "--", "sh", "-c", script]).inside(workspace).run()
    }

    /// [`run`](Self::run) right after a `cai` was killed; see [`uncut`].
    #[track_caller]
    pub fn run_after_a_kill(&self, workspace: impl Into<PathBuf>, script: &str) -> Outcome {
        let workspace = workspace.into();
        uncut(|| self.run(&workspace, script))
    }

    /// `cai exec -- sh -c SCRIPT` in a workspace.
    #[track_caller]
    pub fn exec(&self, workspace: impl Into<PathBuf>, script: &str) -> Outcome {
        self.cai(["exec", "--", "sh", "-c", script]).inside(workspace).run()
    }

    /// The engine's API.
    pub fn api(&self) -> Api {
        self.engine.api()
    }

    /// All that the engine knows about the one container of a workspace.
    #[track_caller]
    pub fn container(&self, workspace: &Path) -> Value {
        let all = self.containers(workspace);
        assert_eq!(all.len(), 1, "one container of {} in {all:#?}", workspace.display());
        let id = all[0]["Id"].as_str().expect("an id").to_owned();
        self.api().container(&id).expect("the container is still there")
    }

    /// The containers of a workspace, in the engine's short form.
    #[track_caller]
    pub fn containers(&self, workspace: &Path) -> Vec<Value> {
        self.containers_where(|path| Path::new(path) == workspace)
    }

    /// The name of the one container of a workspace.
    #[track_caller]
    pub fn container_name(&self, workspace: &Path) -> String {
        let container = self.container(workspace);
        container["Name"].as_str().expect("a name").trim_start_matches('/').to_owned()
    }

    /// What OpenSSH calls the one container of a workspace.
    #[track_caller]
    pub fn alias(&self, workspace: &Path) -> String {
        format!("containai-{}", self.container_name(workspace))
    }

    /// Removes the containers of a workspace, with their volumes.
    pub fn remove_containers(&self, workspace: &Path) {
        for container in self.containers(workspace) {
            self.engine.sweep(&container);
        }
    }

    /// An OpenSSH program that reads what `cai` wrote for this person.
    pub fn openssh(&self, program: &str) -> std::process::Command {
        let mut command = std::process::Command::new(program);
        command.arg("-F").arg(self.home().join(".ssh/config")).current_dir(&self.directory);
        command
    }

    /// Removes what the engine has of snapshots of this person's workspaces.
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

/// Calls `cai` right after another was killed. Its command may be under way when
/// a container goes that was told to stop; nobody knows how far it got, so `cai`
/// does not repeat it unasked, and this does, once, and only where the
/// connection broke.
#[track_caller]
pub fn uncut(call: impl Fn() -> Outcome) -> Outcome {
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
        // A workspace may hold files of a container's ids; root can remove them.
        let _ = fs::remove_dir_all(&self.directory);
    }
}
