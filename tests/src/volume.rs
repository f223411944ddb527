//! A volume of the engine, as root sees it on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::{Api, Person};

/// A volume, which goes when this does. Its files are read and made past the
/// engine, with the numbers that this machine has for their owners.
#[derive(Debug)]
pub struct Volume {
    api: Api,
    name: String,
}

impl Volume {
    /// The volume of this name.
    pub fn named(person: &Person<'_>, name: &str) -> Self {
        Self { api: person.api(), name: name.to_owned() }
    }

    /// The data volume of the one container of a workspace.
    #[track_caller]
    pub fn of(person: &Person<'_>, workspace: &Path) -> Self {
        let labels = &person.container(workspace)["Config"]["Labels"];
        let name = labels["containai.data-volume"].as_str().expect("it has a data volume");
        Self::named(person, name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is on this machine.
    #[track_caller]
    pub fn path(&self) -> PathBuf {
        let volume = self.api.get(&format!("/volumes/{}", self.name));
        volume["Mountpoint"].as_str().expect("the engine tells").into()
    }

    /// Everything on it: what a restore has to bring back, by path.
    #[track_caller]
    pub fn tree(&self) -> BTreeMap<PathBuf, String> {
        let root = self.path();
        let mut found = BTreeMap::new();
        let mut links = BTreeMap::new();
        let mut open = vec![root.clone()];
        while let Some(path) = open.pop() {
            let own = path.strip_prefix(&root).expect("it is below").to_owned();
            let stat = fs::symlink_metadata(&path).expect("it is there");
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
                // A name is told apart by the first of its file's names.
                links.entry(stat.ino()).or_insert_with(Vec::new).push(own.clone());
                let content = fs::read(&path).expect("a file");
                let sparse = if stat.blocks() * 512 < stat.len() / 2 { " with holes" } else { "" };
                what.push_str(&format!(" {} bytes {:x}{sparse}", content.len(), sum(&content)));
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

/// FNV-1a: nobody forges anything here.
fn sum(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn attributes(path: &Path) -> String {
    let mut names = vec![0; 4096];
    let length = rustix::fs::llistxattr(path, &mut names[..]).expect("attributes can be listed");
    let mut names: Vec<_> = names[..length].split(|&byte| byte == 0).collect();
    names.sort_unstable();
    let mut told = String::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        let name = std::ffi::OsStr::from_bytes(name);
        let mut value = vec![0; 65_536];
        let length = rustix::fs::lgetxattr(path, name, &mut value[..]).expect("it is listed");
        told.push_str(&format!(" {}={:?}", name.to_string_lossy(), &value[..length]));
    }
    told
}
