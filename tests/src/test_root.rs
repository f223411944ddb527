//! The directories of the tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The directory below which a run of the tests creates everything.
///
/// It is on a disk, because the engine's store needs one, and its path is short, because the path
/// of a socket is limited to 108 bytes.
#[derive(Clone, Copy, Debug)]
pub struct TestRoot;

impl TestRoot {
    /// Returns `CONTAINAI_TEST_ROOT`, by default `/var/tmp/containai-tests-<uid>`, which every user
    /// may traverse. Two checkouts with different roots can run their tests at the same time.
    pub fn root() -> PathBuf {
        let default = || format!("/var/tmp/containai-tests-{}", nix::unistd::geteuid()).into();
        let root = std::env::var_os("CONTAINAI_TEST_ROOT").map_or_else(default, PathBuf::from);
        create_directory(&root);
        root
    }

    /// Creates a directory below the root, named after `what`.
    pub fn create(what: &str) -> PathBuf {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = Self::root().join(format!("{what}-{}-{number}", base36(std::process::id())));
        create_directory(&path);
        path
    }

    /// Returns the `cai` under test, copied to where every user can run it.
    ///
    /// `CONTAINAI_TEST_CAI` names it; by default it is the one that cargo built beside this test
    /// binary.
    ///
    /// # Panics
    ///
    /// When it is missing.
    pub fn cai() -> &'static Path {
        static COPY: OnceLock<PathBuf> = OnceLock::new();
        COPY.get_or_init(|| {
            let built = built();
            let directory = Self::root().join("bin");
            create_directory(&directory);
            let copy = directory.join("cai");
            if fs::read(&built).ok() != fs::read(&copy).ok() {
                // Written to another name and renamed, because the old one may be running.
                let aside = directory.join(format!("cai.{}", std::process::id()));
                fs::copy(&built, &aside).expect("cai can be copied");
                fs::rename(&aside, &copy).expect("cai can be put in place");
            }
            copy
        })
    }
}

/// Encodes a number in base 36: paths of sockets have to be short.
fn base36(mut number: u32) -> String {
    let mut text = String::new();
    loop {
        text.extend(char::from_digit(number % 36, 36));
        number /= 36;
        if number == 0 {
            return text;
        }
    }
}

fn built() -> PathBuf {
    if let Some(path) = std::env::var_os("CONTAINAI_TEST_CAI") {
        return path.into();
    }
    let this = std::env::current_exe().expect("a test binary has a path");
    let path = this.ancestors().nth(2).expect("a target directory").join("cai");
    assert!(
        path.exists(),
        "`{}` is missing: run `cargo xtask test`, or build it with `cargo build -p containai-cli`",
        path.display(),
    );
    path
}

fn create_directory(path: &Path) {
    fs::create_dir_all(path).expect("the directory can be created");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the mode can be set");
}
