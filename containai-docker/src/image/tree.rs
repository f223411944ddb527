//! The files of `images/`, embedded in the program.
//!
//! `images` in this crate is a symbolic link to the folder at the top of the
//! repository; a published package carries the files themselves.

use containai_core::engine::ShippedImage;

/// One file of an image's build context.
#[derive(Debug)]
pub(crate) struct File {
    /// Path in the context, with `/`.
    pub(crate) path: &'static str,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Content.
    pub(crate) bytes: &'static [u8],
}

/// The build context of an image, in the order of the paths.
pub(crate) fn files(image: ShippedImage) -> &'static [File] {
    match image {
        ShippedImage::Base => BASE,
    }
}

macro_rules! context {
    ($image:literal: $($mode:literal $path:literal)*) => {
        &[$(File {
            path: $path,
            mode: $mode,
            bytes: include_bytes!(concat!("../../images/", $image, "/", $path)),
        }),*]
    };
}

static BASE: &[File] = context! { "base":
    0o644 "Dockerfile"
    0o644 "build/finish"
    0o644 "build/packages"
    0o644 "build/user"
    0o644 "rootfs/etc/docker/daemon.json"
    0o644 "rootfs/etc/gitconfig"
    0o644 "rootfs/etc/ssh/sshd_config"
    0o644 "rootfs/etc/sudoers.d/agent"
    0o644 "rootfs/etc/systemd/system/containai-agent.socket"
    0o644 "rootfs/etc/systemd/system/containai-agent@.service"
    0o644 "rootfs/etc/systemd/system/containai-docker.timer"
    0o644 "rootfs/etc/systemd/system/containai-init.service"
    0o644 "rootfs/etc/systemd/system/dbus.socket.d/containai.conf"
    0o644 "rootfs/etc/systemd/system/docker.service.d/containai.conf"
    0o644 "rootfs/etc/systemd/system/docker.socket.d/containai.conf"
    0o644 "rootfs/etc/systemd/system/mount.d/containai.conf"
    0o644 "rootfs/etc/systemd/system/ssh-keygen.service"
    0o644 "rootfs/etc/systemd/system/ssh.service"
    0o644 "rootfs/etc/tmpfiles.d/containai.conf"
    0o755 "rootfs/usr/lib/containai/agent"
    0o755 "rootfs/usr/lib/containai/host-key"
    0o755 "rootfs/usr/lib/containai/init"
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    /// Modes by path; of a mode, a checkout keeps whether the file is executable.
    fn on_disk(root: &Path, folder: &Path, found: &mut BTreeMap<String, u32>) {
        for entry in fs::read_dir(folder).expect("a folder") {
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

    #[test]
    fn the_table_is_the_folder() {
        for image in ShippedImage::ALL {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("images").join(image.name());
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
