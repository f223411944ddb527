use std::ffi::CString;
use std::fs::File;
use std::io;
use std::path::Path;

use nix::unistd::{Gid, Uid, chdir, fchdir, setfsgid, setfsuid};
use rustix::mount::MountFlags;
use rustix::thread::{
    CapabilitiesSecureBits, capabilities_secure_bits, set_capabilities_secure_bits,
};

/// Mounts an overlay on `target` in `dir`; the paths in `options` are relative to `dir`.
///
/// An overlay accesses its layers with the credentials of the process that mounted it. In layers
/// mapped to a container's ids, host root has no id and could not create files, so the mount is
/// done with the ids of the container's `root` and the capabilities of this process.
pub(super) fn mount(dir: &Path, target: &str, options: &str, root: (u32, u32)) -> io::Result<()> {
    let options = CString::new(options)?;
    let directory = File::open(".")?;
    // The options are limited to one page, which absolute paths would fill.
    chdir(dir)?;
    let mounted = with_fs_ids(root, || {
        let flags = MountFlags::empty();
        Ok(rustix::mount::mount("overlay", target, "overlay", flags, Some(options.as_c_str()))?)
    });
    fchdir(directory)?;
    mounted
}

/// Runs `work` with these file system ids (setfsuid(2)) and all capabilities.
fn with_fs_ids<T>((uid, gid): (u32, u32), work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let before = capabilities_secure_bits()?;
    set_capabilities_secure_bits(before | CapabilitiesSecureBits::NO_SETUID_FIXUP)?;
    let old_gid = setfsgid(Gid::from_raw(gid));
    let old_uid = setfsuid(Uid::from_raw(uid));
    let done = work();
    setfsuid(old_uid);
    setfsgid(old_gid);
    // runc replaces this process later and needs the original bits.
    set_capabilities_secure_bits(before)?;
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restores_process_ids() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let bits = capabilities_secure_bits().expect("bits");
        let error = with_fs_ids((7, 8), || {
            let inside = std::fs::read_to_string("/proc/thread-self/status")?;
            assert!(inside.contains("Uid:\t0\t0\t0\t7\n"), "{inside}");
            Err::<(), _>(io::Error::other("it fails"))
        });
        assert!(error.is_err());
        assert_eq!(capabilities_secure_bits().expect("bits"), bits);
        let after = std::fs::read_to_string("/proc/thread-self/status").expect("a status");
        assert!(after.contains("Uid:\t0\t0\t0\t0\n") && after.contains("Gid:\t0\t0\t0\t0\n"));
    }
}
