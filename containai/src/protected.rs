//! What of this machine no container gets, unless a person insists.

use std::fs;
use std::path::{Path, PathBuf};

use containai_core::engine::{Coverage, ProtectedPath};
use containai_core::layout::EngineLayout;
use containai_core::manifest::shipped_manifests;

use crate::process_env::ProcessEnv;

/// How many paths a message names.
const MAX_LISTED: usize = 5;
/// What is root's, or as good as root: with Sysbox the container's root would be
/// root there.
const SYSTEM_DIRECTORIES: [&str; 11] = [
    "/boot",
    "/dev",
    "/etc",
    "/proc",
    "/run",
    "/sys",
    "/var/run",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/containers",
    "/var/spool/cron",
];
/// What else of the system nobody works on.
const PROGRAM_DIRECTORIES: [&str; 13] = [
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/var/backups",
    "/var/lib/libvirt",
];
/// What everybody puts files in.
const TEMPORARY_DIRECTORIES: [&str; 2] = ["/tmp", "/var/tmp"];
/// Keys of whoever has this home directory.
const KEY_PATHS: [(&str, &str); 3] =
    [(".ssh", "SSH keys"), (".gnupg", "GnuPG keys"), (".docker", "what Docker logs in with")];
/// What else in a home directory is secret, or runs without being asked.
const SECRET_PATHS: [(&str, &str); 38] = [
    (".aws", "credentials"),
    (".azure", "credentials"),
    (".config/gcloud", "credentials"),
    (".config/gh", "credentials"),
    (".config/glab-cli", "credentials"),
    (".config/git/credentials", "credentials"),
    (".config/hub", "credentials"),
    (".config/containers", "credentials"),
    (".config/helm", "credentials"),
    (".config/rclone", "credentials"),
    (".config/op", "a password store"),
    (".config/Bitwarden", "a password store"),
    (".config/Bitwarden CLI", "a password store"),
    (".config/keepassxc", "a password store"),
    (".config/age", "keys"),
    (".config/sops", "keys"),
    (".git-credentials", "credentials"),
    (".kube", "credentials"),
    (".netrc", "credentials"),
    (".npmrc", "credentials"),
    (".pypirc", "credentials"),
    (".oci", "credentials"),
    (".terraform.d", "credentials"),
    (".vault-token", "credentials"),
    (".password-store", "a password store"),
    (".local/share/keyrings", "a password store"),
    (".local/share/kwalletd", "a password store"),
    (".pki", "keys"),
    (".mozilla", "a browser's profile"),
    (".thunderbird", "mail"),
    (".config/google-chrome", "a browser's profile"),
    (".config/chromium", "a browser's profile"),
    (".config/BraveSoftware", "a browser's profile"),
    (".config/autostart", "programs that start with your session"),
    (".config/systemd", "programs that start with your session"),
    (".local/bin", "programs on your path"),
    (".local/share/containers", "an engine's files"),
    (".local/share/docker", "an engine's files"),
];

/// What no mount of a `devcontainer.json` may be, hold or lie in.
pub(crate) fn for_mounts(env: &ProcessEnv) -> Vec<ProtectedPath> {
    let layout = &env.layout;
    let mut all = vec![path_itself(layout.home(), "your home directory")];
    all.extend(KEY_PATHS.map(|(path, what)| tree(layout.home().join(path), what)));
    all.push(tree(layout.docker_config_dir(), "what Docker logs in with"));
    let own = "keys and configuration of ContainAI";
    all.push(tree(layout.config_dir(), own));
    all.push(tree(layout.data_dir(), "exports of ContainAI"));
    all.extend(layout.mux_socket().parent().map(|path| tree(path, own)));
    all.extend(env.agent_socket.as_ref().map(|path| tree(path, "your SSH agent")));
    for engine in [&env.engine, &EngineLayout::default()] {
        let parts = [
            engine.config_dir(),
            engine.record(),
            engine.data_root(),
            engine.exec_root(),
            engine.libexec_dir(),
            engine.socket(),
        ];
        all.extend(parts.map(|path| tree(path, "the engine")));
    }
    all.extend(SYSTEM_DIRECTORIES.map(|path| tree(path, "the system")));
    resolve_links(all)
}

/// What no workspace may be, hold or lie in.
pub(crate) fn for_workspaces(env: &ProcessEnv) -> Vec<ProtectedPath> {
    let mut all = for_mounts(env);
    let home = env.layout.home();
    let mut more: Vec<_> =
        SECRET_PATHS.iter().map(|(path, what)| tree(home.join(path), what)).collect();
    more.extend(PROGRAM_DIRECTORIES.map(|path| tree(path, "the system")));
    more.extend(
        TEMPORARY_DIRECTORIES.map(|path| path_itself(path, "temporary files of all users")),
    );
    for manifest in shipped_manifests() {
        let is_agent = manifest.agent.is_some();
        let entries = manifest.entries.into_iter().filter(|it| is_agent || it.credential);
        let entries = entries.filter(|it| !it.source.is_empty());
        more.extend(entries.map(|it| path_itself(home.join(it.source), "settings of an agent")));
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    for other in home_directories(&passwd).filter(|other| other != home) {
        let other = other.as_path();
        if other.starts_with("/home") || other == Path::new("/root") {
            more.push(path_itself(other, "another user's home directory"));
        }
        let keys = KEY_PATHS.map(|(path, what)| tree(other.join(path), what));
        more.extend(keys.into_iter().filter(|it| it.path.symlink_metadata().is_ok()));
    }
    all.extend(resolve_links(more));
    all
}

/// What of it a container would get at that has this directory.
pub(crate) fn exposed(real: &Path, all: Vec<ProtectedPath>) -> Vec<ProtectedPath> {
    let mut exposed: Vec<_> = all.into_iter().filter(|it| it.is_exposed_by(real)).collect();
    // A path that is not there exposes nothing today, and may be there tomorrow.
    exposed.sort_by_key(|it| it.path.symlink_metadata().is_err());
    let mut seen = std::collections::BTreeSet::new();
    exposed.retain(|it| seen.insert(it.path.clone()));
    exposed
}

/// The paths that are there, for people; at least one.
pub(crate) fn list_existing(exposed: &[ProtectedPath]) -> String {
    let there = exposed.iter().filter(|it| it.path.symlink_metadata().is_ok()).count().max(1);
    let names: Vec<_> =
        exposed.iter().take(there.min(MAX_LISTED)).map(ToString::to_string).collect();
    match there.saturating_sub(MAX_LISTED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// Where a path is or lies behind a link, what it leads to is protected as well.
fn resolve_links(all: Vec<ProtectedPath>) -> Vec<ProtectedPath> {
    let both = |it: ProtectedPath| {
        let real = fs::canonicalize(&it.path).ok().filter(|real| *real != it.path);
        let real = real.map(|path| ProtectedPath { path, ..it.clone() });
        [Some(it), real]
    };
    let all = all.into_iter().flat_map(both).flatten();
    all.filter(|it| it.path.is_absolute()).collect()
}

/// The home directories of people and root, passwd(5).
fn home_directories(passwd: &str) -> impl Iterator<Item = PathBuf> + '_ {
    passwd.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let uid: u32 = fields.get(2)?.parse().ok()?;
        let home = Path::new(fields.get(5)?);
        let is_persons = uid == 0 || (1000..65534).contains(&uid);
        (is_persons && home.is_absolute() && home != Path::new("/")).then(|| home.to_owned())
    })
}

fn path_itself(path: impl Into<PathBuf>, what: &'static str) -> ProtectedPath {
    ProtectedPath { path: path.into(), what, coverage: Coverage::PathOnly }
}

fn tree(path: impl Into<PathBuf>, what: &'static str) -> ProtectedPath {
    ProtectedPath { path: path.into(), what, coverage: Coverage::Tree }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_directories_of_login_users() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/x\n\
                      dev:x:1000:1000::/home/dev:/bin/sh\nnobody:x:65534:65534::/nonexistent:/x\n\
                      odd:x:1001:1001::/:/x\nbroken\n";
        let found: Vec<_> = home_directories(passwd).collect();
        assert_eq!(found, [Path::new("/root"), Path::new("/home/dev")]);
    }

    #[test]
    fn links_are_resolved_and_existing_paths_are_listed_first() -> anyhow::Result<()> {
        let place = tempfile::tempdir()?;
        let place = fs::canonicalize(place.path())?;
        fs::create_dir_all(place.join("keys/deep"))?;
        std::os::unix::fs::symlink("keys", place.join(".ssh"))?;
        let all = || {
            resolve_links(vec![tree(place.join("none"), "none"), tree(place.join(".ssh"), "keys")])
        };
        let paths =
            |of: &Path| exposed(of, all()).into_iter().map(|it| it.path).collect::<Vec<_>>();
        assert_eq!(paths(&place.join("keys/deep")), [place.join("keys")]);
        assert_eq!(paths(&place), [place.join(".ssh"), place.join("keys"), place.join("none")]);
        assert_eq!(paths(&place.join("keysx")), [] as [PathBuf; 0]);
        let shown =
            list_existing(&exposed(&place, all())).replace(&place.display().to_string(), "DIR");
        assert_eq!(shown, "keys (`DIR/.ssh`), keys (`DIR/keys`)");
        Ok(())
    }
}
