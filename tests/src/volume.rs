//! A volume of the engine, read as root of this machine.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::{Api, Person};

/// A volume, removed when this value is dropped. Its files are read and written directly, with the
/// owners' ids of this machine.
#[derive(Debug)]
pub struct Volume {
    api: Api,
    name: String,
}

impl Volume {
    /// Returns the volume of this name.
    pub fn named(person: &Person<'_>, name: &str) -> Self {
        Self { api: person.api(), name: name.to_owned() }
    }

    /// Returns the data volume of the only container of a workspace.
    #[track_caller]
    pub fn of(person: &Person<'_>, workspace: &Path) -> Self {
        let labels = &person.container(workspace)["Config"]["Labels"];
        let name = labels["containai.data-volume"].as_str().expect("it has a data volume");
        Self::named(person, name)
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its path on this machine.
    #[track_caller]
    pub fn path(&self) -> PathBuf {
        let volume = self.api.get(&format!("/volumes/{}", self.name));
        volume["Mountpoint"].as_str().expect("the engine returns its path").into()
    }

    /// Returns everything that a restore has to bring back, by path.
    #[track_caller]
    pub fn tree(&self) -> BTreeMap<PathBuf, String> {
        let root = self.path();
        let mut found = BTreeMap::new();
        let mut links = BTreeMap::new();
        let mut open = vec![root.clone()];
        while let Some(path) = open.pop() {
            let own = path.strip_prefix(&root).expect("it is below").to_owned();
            let stat = fs::symlink_metadata(&path).expect("it exists");
            let mut what = format!(
                "{:o} {}:{} {}.{:09}",
                stat.mode(),
                stat.uid(),
                stat.gid(),
                stat.mtime(),
                stat.mtime_nsec()
            );
            if stat.is_dir() {
                open.extend(
                    fs::read_dir(&path).expect("a directory").flatten().map(|it| it.path()),
                );
            } else if stat.is_symlink() {
                what.push_str(&format!(" {:?}", fs::read_link(&path).expect("a link")));
            } else {
                // Hard links are identified by the first name of their file.
                links.entry(stat.ino()).or_insert_with(Vec::new).push(own.clone());
                let content = fs::read(&path).expect("a file");
                let sparse = if stat.blocks() * 512 < stat.len() / 2 { " with holes" } else { "" };
                what.push_str(&format!(
                    " {} bytes {:x}{sparse}",
                    content.len(),
                    checksum(&content)
                ));
            }
            what.push_str(&attributes(&path));
            found.insert(own, what);
        }
        for mut names in links.into_values().filter(|names| names.len() > 1) {
            names.sort();
            for name in &names {
                found.entry(name.clone()).and_modify(|it| it.push_str(&format!(" = {names:?}")));
            }
        }
        found
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        self.api.delete(&format!("/volumes/{}", self.name));
    }
}

/// FNV-1a: collisions on purpose are no concern here.
fn checksum(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |checksum, &byte| {
        (checksum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn attributes(path: &Path) -> String {
    let mut names = vec![0; 4096];
    let length = rustix::fs::llistxattr(path, &mut names[..]).expect("attributes can be listed");
    let mut names: Vec<_> = names[..length].split(|&byte| byte == 0).collect();
    names.sort_unstable();
    let mut reported = String::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        let name = std::ffi::OsStr::from_bytes(name);
        let mut value = vec![0; 65_536];
        let length = rustix::fs::lgetxattr(path, name, &mut value[..]).expect("it is listed");
        reported.push_str(&format!(" {}={:?}", name.to_string_lossy(), &value[..length]));
    }
    reported
}
