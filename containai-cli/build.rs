//! Puts the unwinder into the program.
//!
//! As a library of its own, libgcc_s, it is the one that takes longest to load
//! of what `cai` needs, and `cai` is started for every command of an agent.
//! Where the compiler has no such archive, or is one for another machine, the
//! library is loaded as for any program.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Some(archive) = archive().filter(|path| path.is_file())
        && let Some(directory) = archive.parent()
    {
        println!("cargo:rustc-link-search=native={}", directory.display());
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
}

fn archive() -> Option<PathBuf> {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|it| it == value);
    let is_native = env::var_os("HOST") == env::var_os("TARGET");
    if !is_native || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return None;
    }
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let asked = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output().ok()?;
    Some(String::from_utf8(asked.stdout).ok()?.trim_end().into())
}
