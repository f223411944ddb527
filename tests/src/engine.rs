//! Engines that `cai setup` creates for the tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Once, OnceLock};
use std::time::Duration;

use containai_core::layout::EngineLayout;
use serde_json::Value;

use crate::{Api, Cai, Repository, TestRoot};

/// The time to install packages and build an image from scratch.
const FIRST_RUN_TIMEOUT: Duration = Duration::from_secs(1200);

/// The longest path at which containerd can create a socket, in bytes. With a longer one dockerd
/// only reports that containerd did not start in time.
const MAX_SOCKET_PATH: usize = 104;

/// An engine below a root directory of its own.
#[derive(Debug)]
pub struct Engine {
    layout: EngineLayout,
    lifetime: EngineLifetime,
    /// Held as long as the process uses the shared engine.
    _lock: Option<File>,
}

/// Whether an engine outlives the tests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum EngineLifetime {
    /// It runs on for the next run; `cargo xtask test` stops it.
    Shared,
    /// It is removed with all its files.
    Temporary,
}

impl Engine {
    /// Returns the engine shared by all tests of this process. The real `cai` sets it up and builds
    /// the image `base` when they are missing.
    ///
    /// # Panics
    ///
    /// When that fails; then every test that needs the engine fails.
    #[track_caller]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Engine, String>> = OnceLock::new();
        let result = SHARED.get_or_init(|| {
            std::panic::catch_unwind(Self::make_shared).map_err(|reason| {
                let text = reason.downcast_ref::<String>().cloned();
                text.unwrap_or_else(|| "the reason is above".into())
            })
        });
        match result {
            Ok(engine) => engine,
            Err(reason) => panic!("no engine for the tests: {reason}"),
        }
    }

    /// Returns an engine that is not set up yet and is removed with this value.
    ///
    /// # Panics
    ///
    /// When the name is too long for the sockets of its containerd.
    #[track_caller]
    pub fn isolated(name: &str) -> Self {
        let layout = EngineLayout::at(TestRoot::create(name));
        let socket = layout.exec_root().join("containerd/containerd.sock.ttrpc");
        let length = socket.as_os_str().len();
        assert!(length <= MAX_SOCKET_PATH, "`{}` is too long for a socket", socket.display());
        Self { layout, lifetime: EngineLifetime::Temporary, _lock: None }
    }

    /// Sets it up as a user would.
    ///
    /// # Panics
    ///
    /// When `cai setup --yes` fails.
    #[track_caller]
    pub fn set_up(&self) {
        let home = self.root().join("home");
        fs::create_dir_all(&home).expect("a directory can be made");
        Cai::new(&home, self).args(["setup", "--yes"]).timeout(FIRST_RUN_TIMEOUT).run().success();
        assert!(self.api().answers(), "the engine at {} does not answer", self.root().display());
    }

    /// Returns the root directory, the value of `CONTAINAI_ENGINE_ROOT`.
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// Returns the paths of the engine.
    pub fn layout(&self) -> &EngineLayout {
        &self.layout
    }

    /// Returns a client of its API.
    pub fn api(&self) -> Api {
        Api::at(self.layout.socket())
    }

    /// Returns the path of its socket.
    pub fn socket(&self) -> PathBuf {
        self.layout.socket()
    }

    /// Returns its address, as `--docker-host` takes it.
    pub fn address(&self) -> String {
        format!("unix://{}", self.layout.socket().display())
    }

    /// Runs its supervisor with a command such as `stop`.
    #[track_caller]
    pub fn supervisor(&self, verb: &str) {
        let output = Command::new(self.layout.supervisor())
            .arg(verb)
            .arg(self.root())
            .output()
            .expect("set-up installed the supervisor");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "supervisor {verb}: {stderr}");
    }

    /// Copies an image from another engine, which is faster than building it.
    ///
    /// # Panics
    ///
    /// When the other engine does not have it, or Docker's own program fails.
    #[track_caller]
    pub fn copy_image_from(&self, other: &Self, reference: &str) {
        let script = "docker -H \"$1\" save \"$3\" | docker -H \"$2\" load";
        let words = [&other.address(), &self.address(), reference];
        let output = Command::new("sh").args(["-c", script, "sh"]).args(words).output();
        let output = output.expect("a shell can be started");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{reference}` was not taken over: {stderr}");
    }

    /// Removes a container, given in the engine's short form, with its volumes.
    pub fn sweep(&self, container: &Value) {
        let Some(id) = container["Id"].as_str() else { return };
        let api = self.api();
        api.delete(&format!("/containers/{id}?force=1&v=1"));
        for mount in container["Mounts"].as_array().into_iter().flatten() {
            if let (Some("volume"), Some(name)) = (mount["Type"].as_str(), mount["Name"].as_str()) {
                api.delete(&format!("/volumes/{name}"));
            }
        }
    }

    fn make_shared() -> Self {
        assert!(nix::unistd::geteuid().is_root(), "only root can run these tests");
        let root = TestRoot::root();
        let lock = File::create(root.join("lock")).expect("a lock file can be made");
        lock.lock().expect("a lock can be waited for");
        let layout = EngineLayout::at(root.join("engine"));
        let engine = Self { layout, lifetime: EngineLifetime::Shared, _lock: Some(lock) };
        engine.set_up();
        for container in engine.api().managed() {
            engine.sweep(&container);
        }
        engine.make_image();
        engine
    }

    /// Builds the image `agents` in the store if it is missing. One of the tests that need it does
    /// so for all of them.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn ensure_agents_image(&self) {
        static BUILT: Once = Once::new();
        BUILT.call_once(|| {
            let home = self.root().join("home");
            let build = ["image", "build", "agents"];
            Cai::new(&home, self).args(build).timeout(FIRST_RUN_TIMEOUT).run().success();
        });
    }

    /// Has the first `cai run` build the image; later runs find it in the store.
    fn make_image(&self) {
        let home = self.root().join("home");
        let workspace = Repository::create(TestRoot::create("first"));
        let run = ["run", "--yes", "--image", "base", "--", "true"];
        Cai::new(&home, self)
            .args(run)
            .current_dir(&workspace)
            .timeout(FIRST_RUN_TIMEOUT)
            .run()
            .success();
        for container in self.api().managed() {
            self.sweep(&container);
        }
        let _ = fs::remove_dir_all(workspace.path());
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.lifetime == EngineLifetime::Shared {
            return;
        }
        if self.layout.supervisor().exists() {
            // An engine that a test broke on purpose cannot be stopped through its supervisor.
            let _ = Command::new(self.layout.supervisor()).arg("stop").arg(self.root()).output();
        }
        let _ = fs::remove_dir_all(self.root());
    }
}

impl From<&Engine> for PathBuf {
    fn from(engine: &Engine) -> Self {
        engine.root().to_owned()
    }
}
