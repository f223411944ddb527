//! Paths of this machine that are not exposed to containers unless the user forces it.

use std::fs;
use std::path::{Path, PathBuf};

use containai_core::engine::{Coverage, ProtectedPath};
use containai_core::layout::EngineLayout;
use containai_core::manifest::shipped_manifests;

use crate::process_env::ProcessEnv;

/// The number of paths that a message names.
const MAX_LISTED: usize = 5;
/// Directories that give control over the system: with Sysbox, root in the container would be
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
/// Directories of programs and of other services.
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
/// Directories that all users share.
const TEMPORARY_DIRECTORIES: [&str; 2] = ["/tmp", "/var/tmp"];
/// Keys in a home directory.
const KEY_PATHS: [(&str, &str); 3] =
    [(".ssh", "SSH keys"), (".gnupg", "GnuPG keys"), (".docker", "Docker's credentials")];
/// Other secrets in a home directory, and programs that run automatically.
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

/// Returns the paths that a mount of a `devcontainer.json` must not be, contain or lie in.
pub(crate) fn for_mounts(env: &ProcessEnv) -> Vec<ProtectedPath> {
    let layout = &env.layout;
    let mut all = vec![path_itself(layout.home(), "your home directory")];
    all.extend(KEY_PATHS.map(|(path, what)| tree(layout.home().join(path), what)));
    all.push(tree(layout.docker_config_dir(), "Docker's credentials"));
    let own_files = "keys and configuration of ContainAI";
    all.push(tree(layout.config_dir(), own_files));
    all.push(tree(layout.data_dir(), "exports of ContainAI"));
    all.extend(layout.mux_socket().parent().map(|path| tree(path, own_files)));
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

/// Returns the paths that a workspace must not be, contain or lie in.
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

/// Returns the protected paths that a mount of `real` exposes, existing ones first.
pub(crate) fn exposed(real: &Path, all: Vec<ProtectedPath>) -> Vec<ProtectedPath> {
    let mut exposed: Vec<_> = all.into_iter().filter(|it| it.is_exposed_by(real)).collect();
    // A missing path may be created later.
    exposed.sort_by_key(|it| it.path.symlink_metadata().is_err());
    let mut seen = std::collections::BTreeSet::new();
    exposed.retain(|it| seen.insert(it.path.clone()));
    exposed
}

/// Lists the existing paths for a message, or the first path if none exists.
pub(crate) fn list_existing(exposed: &[ProtectedPath]) -> String {
    let existing = exposed.iter().filter(|it| it.path.symlink_metadata().is_ok()).count().max(1);
    let names: Vec<_> =
        exposed.iter().take(existing.min(MAX_LISTED)).map(ToString::to_string).collect();
    match existing.saturating_sub(MAX_LISTED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// Adds the targets of paths that are symbolic links or lie behind one.
fn resolve_links(all: Vec<ProtectedPath>) -> Vec<ProtectedPath> {
    let both = |it: ProtectedPath| {
        let real = fs::canonicalize(&it.path).ok().filter(|real| *real != it.path);
        let real = real.map(|path| ProtectedPath { path, ..it.clone() });
        [Some(it), real]
    };
    let all = all.into_iter().flat_map(both).flatten();
    all.filter(|it| it.path.is_absolute()).collect()
}

/// Returns the home directories of root and of login users, passwd(5).
fn home_directories(passwd: &str) -> impl Iterator<Item = PathBuf> + '_ {
    passwd.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let uid: u32 = fields.get(2)?.parse().ok()?;
        let home = Path::new(fields.get(5)?);
        let is_login_user = uid == 0 || (1000..65534).contains(&uid);
        (is_login_user && home.is_absolute() && home != Path::new("/")).then(|| home.to_owned())
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
        let root = tempfile::tempdir()?;
        let root = fs::canonicalize(root.path())?;
        fs::create_dir_all(root.join("keys/deep"))?;
        std::os::unix::fs::symlink("keys", root.join(".ssh"))?;
        let all = || {
            resolve_links(vec![tree(root.join("none"), "none"), tree(root.join(".ssh"), "keys")])
        };
        let paths =
            |of: &Path| exposed(of, all()).into_iter().map(|it| it.path).collect::<Vec<_>>();
        assert_eq!(paths(&root.join("keys/deep")), [root.join("keys")]);
        assert_eq!(paths(&root), [root.join(".ssh"), root.join("keys"), root.join("none")]);
        assert_eq!(paths(&root.join("keysx")), [] as [PathBuf; 0]);
        let shown =
            list_existing(&exposed(&root, all())).replace(&root.display().to_string(), "DIR");
        assert_eq!(shown, "keys (`DIR/.ssh`), keys (`DIR/keys`)");
        Ok(())
    }
}
