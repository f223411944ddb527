//! Where the tests keep their things.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The directory below which everything is that a run of the tests makes.
///
/// It is on a disk, because the engine's store needs one, and short, because
/// the path of a socket has 108 bytes at most.
#[derive(Clone, Copy, Debug)]
pub struct Place;

impl Place {
    /// `CONTAINAI_TEST_ROOT`, by default `/var/tmp/containai-tests-<uid>`; every user may walk
    /// through it. Two checkouts with a root each can run their tests at the same time.
    pub fn root() -> PathBuf {
        let default = || format!("/var/tmp/containai-tests-{}", nix::unistd::geteuid()).into();
        let root = std::env::var_os("CONTAINAI_TEST_ROOT").map_or_else(default, PathBuf::from);
        make(&root);
        root
    }

    /// A new directory below the root, named after `what`.
    pub fn fresh(what: &str) -> PathBuf {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = Self::root().join(format!("{what}-{}-{number}", short(std::process::id())));
        make(&path);
        path
    }

    /// The `cai` under test, copied to where every user can run it.
    ///
    /// `CONTAINAI_TEST_CAI` names it; else it is the one that cargo built
    /// beside this test binary.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn cai() -> &'static Path {
        static COPY: OnceLock<PathBuf> = OnceLock::new();
        COPY.get_or_init(|| {
            let built = built();
            let directory = Self::root().join("bin");
            make(&directory);
            let copy = directory.join("cai");
            if fs::read(&built).ok() != fs::read(&copy).ok() {
                // Written aside and renamed: the old one may be running.
                let aside = directory.join(format!("cai.{}", std::process::id()));
                fs::copy(&built, &aside).expect("cai can be copied");
                fs::rename(&aside, &copy).expect("cai can be put in place");
            }
            copy
        })
    }
}

/// A number with the digits and the letters of the alphabet: paths of sockets are short.
fn short(mut number: u32) -> String {
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

fn make(path: &Path) {
    fs::create_dir_all(path).expect("a directory of the tests can be made");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("and be walked through");
}
