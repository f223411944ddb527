//! Engines that `cai setup` made for the tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Once, OnceLock};
use std::time::Duration;

use containai_core::layout::EngineLayout;
use serde_json::Value;

use crate::{Api, Cai, Place, Repository};

/// Packages to install and an image to make from nothing.
const FIRST_RUN: Duration = Duration::from_secs(1200);

/// The longest path that containerd makes a socket at, in bytes; dockerd then reports only that it
/// has not started in time.
const LONGEST_SOCKET: usize = 104;

/// One engine below a root of its own.
#[derive(Debug)]
pub struct Engine {
    layout: EngineLayout,
    kept: Kept,
    /// Held for as long as the process uses the shared engine.
    _turn: Option<File>,
}

/// What becomes of an engine that nobody needs any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kept {
    /// It goes on for the next run; `cargo xtask test` stops it.
    Running,
    /// It goes, with all its files.
    Not,
}

impl Engine {
    /// The engine that all tests of this process use. It is set up and given
    /// the image `base` when it does not have it, both by the real `cai`.
    ///
    /// # Panics
    ///
    /// When that fails; every test that wants the engine fails with it then.
    #[track_caller]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Engine, String>> = OnceLock::new();
        let made = SHARED.get_or_init(|| {
            std::panic::catch_unwind(Self::make_shared).map_err(|reason| {
                let text = reason.downcast_ref::<String>().cloned();
                text.unwrap_or_else(|| "the reason is above".into())
            })
        });
        match made {
            Ok(engine) => engine,
            Err(reason) => panic!("there is no engine to test with: {reason}"),
        }
    }

    /// An engine that is not set up yet and goes away with this value.
    ///
    /// # Panics
    ///
    /// When the name is so long that its containerd could not make its sockets.
    #[track_caller]
    pub fn apart(name: &str) -> Self {
        let layout = EngineLayout::at(Place::fresh(name));
        let socket = layout.exec_root().join("containerd/containerd.sock.ttrpc");
        let length = socket.as_os_str().len();
        assert!(length <= LONGEST_SOCKET, "`{}` is too long for a socket", socket.display());
        Self { layout, kept: Kept::Not, _turn: None }
    }

    /// Sets it up as a person would.
    ///
    /// # Panics
    ///
    /// When `cai setup --yes` fails.
    #[track_caller]
    pub fn set_up(&self) {
        let home = self.root().join("home");
        fs::create_dir_all(&home).expect("a directory can be made");
        Cai::new(&home, self).args(["setup", "--yes"]).within(FIRST_RUN).run().success();
        assert!(self.api().answers(), "the engine at {} does not answer", self.root().display());
    }

    /// The root, as `CONTAINAI_ENGINE_ROOT` has it.
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// Where everything of the engine is.
    pub fn layout(&self) -> &EngineLayout {
        &self.layout
    }

    /// Its API.
    pub fn api(&self) -> Api {
        Api::at(self.layout.socket())
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.layout.socket()
    }

    /// The address, as `--docker-host` has it.
    pub fn address(&self) -> String {
        format!("unix://{}", self.layout.socket().display())
    }

    /// Calls its supervisor with a verb such as `stop`.
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

    /// Takes an image over from another engine, which is quicker than making it.
    ///
    /// # Panics
    ///
    /// When the other engine does not have it, or Docker's own program fails.
    #[track_caller]
    pub fn take_image(&self, other: &Self, reference: &str) {
        let script = "docker -H \"$1\" save \"$3\" | docker -H \"$2\" load";
        let words = [&other.address(), &self.address(), reference];
        let output = Command::new("sh").args(["-c", script, "sh"]).args(words).output();
        let output = output.expect("a shell can be started");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{reference}` was not taken over: {stderr}");
    }

    /// Removes a container in the engine's short form, with its volumes.
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
        let root = Place::root();
        let turn = File::create(root.join("lock")).expect("a lock file can be made");
        turn.lock().expect("a lock can be waited for");
        let layout = EngineLayout::at(root.join("engine"));
        let engine = Self { layout, kept: Kept::Running, _turn: Some(turn) };
        engine.set_up();
        for container in engine.api().managed() {
            engine.sweep(&container);
        }
        engine.make_image();
        engine
    }

    /// Gives the store the image `agents` when it does not have it; one of the
    /// tests that want it does that for all of them.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[track_caller]
    pub fn provide_agents(&self) {
        static MADE: Once = Once::new();
        MADE.call_once(|| {
            let home = self.root().join("home");
            let build = ["image", "build", "agents"];
            Cai::new(&home, self).args(build).within(FIRST_RUN).run().success();
        });
    }

    /// Has the first `cai run` make the image; later runs find it there.
    fn make_image(&self) {
        let home = self.root().join("home");
        let workspace = Repository::make(Place::fresh("first"));
        let run = ["run", "--yes", "--image", "base", "--", "true"];
        Cai::new(&home, self).args(run).inside(&workspace).within(FIRST_RUN).run().success();
        for container in self.api().managed() {
            self.sweep(&container);
        }
        let _ = fs::remove_dir_all(workspace.path());
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.kept == Kept::Running {
            return;
        }
        if self.layout.supervisor().exists() {
            // A test that broke the engine on purpose cannot stop it any more.
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
