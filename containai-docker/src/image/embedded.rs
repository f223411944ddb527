//! The files of `images/`, embedded in the program.
//!
//! `images` in this crate is a symbolic link to the directory at the top of the repository; a
//! published package contains the files themselves.

use containai_core::engine::ShippedImage;

/// One file of an image's build context.
#[derive(Debug)]
pub(crate) struct EmbeddedFile {
    /// Path in the context, with `/`.
    pub(crate) path: &'static str,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Content.
    pub(crate) bytes: &'static [u8],
}

/// Returns the build context of an image in the order of the paths. `agents` and `full` are the
/// same layer on different parents.
pub(crate) fn files(image: ShippedImage) -> &'static [EmbeddedFile] {
    match image {
        ShippedImage::Base => BASE,
        ShippedImage::Agents | ShippedImage::Full => AGENTS,
        ShippedImage::Sdks => SDKS,
    }
}

macro_rules! context {
    ($image:literal: $($mode:literal $path:literal)*) => {
        &[$(EmbeddedFile {
            path: $path,
            mode: $mode,
            bytes: include_bytes!(concat!("../../images/", $image, "/", $path)),
        }),*]
    };
}

static BASE: &[EmbeddedFile] = context! { "base":
    0o644 "Dockerfile"
    0o644 "build/finish"
    0o644 "build/packages"
    0o644 "build/terminals"
    0o644 "build/user"
    0o644 "rootfs/etc/docker/daemon.json"
    0o644 "rootfs/etc/gitconfig"
    0o644 "rootfs/etc/profile.d/containai.sh"
    0o644 "rootfs/etc/ssh/sshd_config"
    0o644 "rootfs/etc/sudoers.d/agent"
    0o644 "rootfs/etc/systemd/system/containai-agent.socket"
    0o644 "rootfs/etc/systemd/system/containai-agent@.service"
    0o644 "rootfs/etc/systemd/system/containai-docker.timer"
    0o644 "rootfs/etc/systemd/system/containai-hooks.service"
    0o644 "rootfs/etc/systemd/system/containai-init.service"
    0o644 "rootfs/etc/systemd/system/containai-init.service.d/volume.conf"
    0o644 "rootfs/etc/systemd/system/containai-worktrees.path"
    0o644 "rootfs/etc/systemd/system/containai-worktrees.service"
    0o644 "rootfs/etc/systemd/system/dbus.socket.d/containai.conf"
    0o644 "rootfs/etc/systemd/system/docker.service.d/containai.conf"
    0o644 "rootfs/etc/systemd/system/docker.socket.d/containai.conf"
    0o644 "rootfs/etc/systemd/system/ssh-keygen.service"
    0o644 "rootfs/etc/systemd/system/ssh.service"
    0o644 "rootfs/etc/systemd/system/user-runtime-dir@1000.service"
    0o644 "rootfs/etc/systemd/system/user@1000.service"
    0o755 "rootfs/usr/lib/containai/agent"
    0o755 "rootfs/usr/lib/containai/browser"
    0o755 "rootfs/usr/lib/containai/credentials"
    0o644 "rootfs/usr/lib/containai/credentials.list"
    0o755 "rootfs/usr/lib/containai/hooks"
    0o755 "rootfs/usr/lib/containai/host-key"
    0o644 "rootfs/usr/lib/containai/imported.sh"
    0o755 "rootfs/usr/lib/containai/init"
    0o644 "rootfs/usr/lib/containai/session.sh"
    0o755 "rootfs/usr/lib/containai/worktrees"
    0o644 "rootfs/usr/lib/tmpfiles.d/containai.conf"
};

static AGENTS: &[EmbeddedFile] = context! { "agents":
    0o644 "Dockerfile"
    0o644 "build/fetch"
    0o644 "build/finish"
    0o644 "build/package-lock.json"
    0o644 "build/package.json"
    0o644 "build/packages"
    0o644 "build/programs"
    0o644 "rootfs/etc/claude-code/CLAUDE.md"
    0o644 "rootfs/etc/codex/config.toml"
    0o644 "rootfs/etc/gemini-cli/system-defaults.json"
    0o755 "rootfs/usr/lib/containai/wrap"
    0o755 "rootfs/usr/lib/containai/wrappers/claude"
    0o755 "rootfs/usr/lib/containai/wrappers/codex"
    0o755 "rootfs/usr/lib/containai/wrappers/copilot"
    0o755 "rootfs/usr/lib/containai/wrappers/gemini"
    0o755 "rootfs/usr/lib/containai/wrappers/kimi"
    0o755 "rootfs/usr/lib/containai/wrappers/kimi-cli"
    0o755 "rootfs/usr/lib/containai/wrappers/opencode"
    0o755 "rootfs/usr/lib/containai/wrappers/pi"
};

static SDKS: &[EmbeddedFile] = context! { "sdks":
    0o644 "Dockerfile"
    0o644 "build/dotnet"
    0o644 "build/finish"
    0o644 "build/go"
    0o644 "build/host"
    0o644 "build/node"
    0o644 "build/packages"
    0o644 "build/python"
    0o644 "build/requirements.txt"
    0o644 "build/rust"
    0o644 "rootfs/etc/profile.d/nvm.sh"
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use containai_core::{layout, manifest};

    use super::*;

    /// Collects modes by path. A checkout preserves only whether a file is executable.
    fn on_disk(root: &Path, dir: &Path, found: &mut BTreeMap<String, u32>) {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = path.symlink_metadata().expect("metadata");
            if metadata.is_dir() {
                on_disk(root, &path, found);
                continue;
            }
            assert!(metadata.is_file(), "{} is no regular file", path.display());
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy();
            let executable = metadata.permissions().mode() & 0o100 != 0;
            found.insert(name.into_owned(), if executable { 0o755 } else { 0o644 });
        }
    }

    fn dir(image: ShippedImage) -> &'static str {
        if image == ShippedImage::Full { "agents" } else { image.name() }
    }

    fn text(image: ShippedImage, path: &str) -> &'static str {
        let file = files(image).iter().find(|file| file.path == path);
        let file = file.unwrap_or_else(|| panic!("`{}` has no `{path}`", image.name()));
        std::str::from_utf8(file.bytes).expect("text")
    }

    #[test]
    fn generated_files_are_up_to_date() {
        let stale = "run `cargo xtask generate`";
        let path = format!("rootfs{}", layout::CONTAINER_TMPFILES);
        let tmpfiles = manifest::tmpfiles(&manifest::shipped_manifests());
        assert_eq!(text(ShippedImage::Base, &path), tmpfiles, "{stale}");

        for (path, expected) in manifest::agent_system_files() {
            let found = text(ShippedImage::Agents, &format!("rootfs{path}"));
            assert_eq!(found, expected, "{stale}");
        }
        let path = format!("rootfs{}", layout::CONTAINER_CREDENTIALS_LIST);
        let list = manifest::credentials_list(&manifest::shipped_logins());
        assert_eq!(text(ShippedImage::Base, &path), list, "{stale}");

        let prefix = format!("rootfs{}/", layout::CONTAINER_WRAPPERS);
        let of_folder =
            files(ShippedImage::Agents).iter().filter(|it| it.path.starts_with(&prefix));
        let found: BTreeMap<_, _> = of_folder
            .map(|it| (it.path.to_owned(), String::from_utf8_lossy(it.bytes).into_owned()))
            .collect();
        let agents = manifest::shipped_agents().into_iter().filter(manifest::Agent::is_wrapped);
        let installed =
            agents.filter(|it| ShippedImage::Agents.agents().contains(&it.name.as_str()));
        let expected: BTreeMap<_, _> = installed
            .flat_map(|it| {
                it.command_names()
                    .map(|name| (format!("{prefix}{name}"), it.wrapper_script()))
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(found, expected, "{stale}");
    }

    #[test]
    fn agent_layer_installs_the_labelled_agents() {
        let lines = text(ShippedImage::Agents, "build/programs").lines();
        let programs = lines.filter(|line| !line.starts_with('#'));
        let names: Vec<_> = programs.filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(names, ShippedImage::Agents.agents());
        let label = format!("ai.containai.agents=\"{}\"", names.join(","));
        assert!(text(ShippedImage::Agents, "Dockerfile").contains(&label));
    }

    #[test]
    fn every_package_of_the_agents_is_pinned() {
        let lock: serde_json::Value =
            serde_json::from_str(text(ShippedImage::Agents, "build/package-lock.json"))
                .expect("JSON");
        let packages = lock["packages"].as_object().expect("packages");
        assert!(packages.len() > 100);
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            let integrity = package["integrity"].as_str().unwrap_or_default();
            assert!(integrity.starts_with("sha512-"), "{name}: {package}");
            let resolved = package["resolved"].as_str().unwrap_or_default();
            assert!(resolved.starts_with("https://registry.npmjs.org/"), "{name}: {resolved}");
        }
        let manifest: serde_json::Value =
            serde_json::from_str(text(ShippedImage::Agents, "build/package.json")).expect("JSON");
        for kind in ["dependencies", "optionalDependencies"] {
            for (name, version) in manifest[kind].as_object().expect("an object") {
                let version = version.as_str().unwrap_or_default();
                assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{name}: {version}");
            }
        }
    }

    /// Every downloaded file has its checksum beside its address.
    #[test]
    fn every_download_is_checked() {
        for image in ShippedImage::ALL {
            for file in files(image).iter().filter(|file| file.path.starts_with("build/")) {
                let Ok(script) = std::str::from_utf8(file.bytes) else { continue };
                let shown = format!("`{}` of `{}`", file.path, image.name());
                let is_piped =
                    ["| sh\n", "| sh ", "| bash"].iter().any(|pipe| script.contains(pipe));
                assert!(!is_piped, "{shown} runs what it downloads");
                assert!(!script.contains("http://"), "{shown} downloads without TLS");
                if script.contains("curl -") {
                    assert!(script.contains("--check --quiet"), "{shown} checks nothing");
                }
                if script.starts_with("#!") && script.contains("\ndownload ") {
                    let is_sum = |word: &&str| {
                        matches!(word.len(), 64 | 128)
                            && word.bytes().all(|b| b.is_ascii_hexdigit())
                    };
                    let words = script.split(|c: char| c.is_whitespace() || c == ')');
                    assert_eq!(
                        words.filter(is_sum).count(),
                        2,
                        "{shown}: a checksum for each architecture"
                    );
                }
            }
        }
    }

    #[test]
    fn table_matches_the_directory() {
        for image in ShippedImage::ALL {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("images").join(dir(image));
            let mut found = BTreeMap::new();
            on_disk(&root, &root, &mut found);
            let table = files(image).iter().map(|file| (file.path.to_owned(), file.mode));
            assert_eq!(table.collect::<BTreeMap<_, _>>(), found, "of `{}`", image.name());
        }
    }

    #[test]
    fn paths_are_sorted() {
        for image in ShippedImage::ALL {
            assert!(files(image).is_sorted_by_key(|file| file.path), "of `{}`", image.name());
        }
    }
}
