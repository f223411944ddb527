//! The `PATH` of images.

/// The directory of the agents' wrapper scripts, which must come first.
const WRAPPERS_DIR: &str = "/usr/lib/containai/wrappers";
/// The directories that sessions need, in the order of the ContainAI images.
const REQUIRED_DIRS: [&str; 8] = [
    "/home/agent/.local/bin",
    "/usr/local/bin",
    "/usr/bin",
    "/bin",
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    "/opt/containai/bin",
];

/// Returns the `PATH` of an image with all directories that a session needs. The
/// directories of the user's Dockerfile keep their order; missing ones are appended.
pub fn path_env(path: &str) -> String {
    let own = path.split(':').filter(|part| part.starts_with('/'));
    let mut parts = vec![WRAPPERS_DIR];
    for part in own.chain(REQUIRED_DIRS) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_all_directories_and_adds_missing_ones() {
        let ours = path_env("");
        assert_eq!(path_env(&ours), ours);
        let all = REQUIRED_DIRS.join(":");
        assert_eq!(ours, format!("{WRAPPERS_DIR}:{all}"));
        assert_eq!(path_env("/nowhere::relative"), format!("{WRAPPERS_DIR}:/nowhere:{all}"));
        let own = path_env("/usr/local/go/bin:/sbin:/usr/bin");
        assert!(
            own.starts_with(&format!("{WRAPPERS_DIR}:/usr/local/go/bin:/sbin:/usr/bin:/home")),
            "{own}"
        );
        assert_eq!(own.split(':').filter(|part| *part == "/usr/bin").count(), 1);
    }
}
