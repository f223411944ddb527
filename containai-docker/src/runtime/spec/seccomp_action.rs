//! Actions of seccomp rules, as in the OCI runtime specification, and an error number.

pub(super) const ALLOW: &str = "SCMP_ACT_ALLOW";
pub(super) const DENY: &str = "SCMP_ACT_ERRNO";
pub(super) const ENOSYS: i32 = 38;
