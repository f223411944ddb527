//! The `PATH` of images.

/// The directory of the agents' wrapper scripts, which must come first.
const FIRST: &str = "/usr/lib/containai/wrappers";
/// The directories that sessions need, in the order of the ContainAI images.
const NEEDED: [&str; 8] = [
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
pub fn whole_path(path: &str) -> String {
    let own = path.split(':').filter(|part| part.starts_with('/'));
    let mut parts = vec![FIRST];
    for part in own.chain(NEEDED) {
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
    fn nothing_is_lost_and_nothing_is_missing() {
        let ours = whole_path("");
        assert_eq!(whole_path(&ours), ours);
        let all = NEEDED.join(":");
        assert_eq!(ours, format!("{FIRST}:{all}"));
        assert_eq!(whole_path("/nowhere::relative"), format!("{FIRST}:/nowhere:{all}"));
        let own = whole_path("/usr/local/go/bin:/sbin:/usr/bin");
        assert!(
            own.starts_with(&format!("{FIRST}:/usr/local/go/bin:/sbin:/usr/bin:/home")),
            "{own}"
        );
        assert_eq!(own.split(':').filter(|part| *part == "/usr/bin").count(), 1);
    }
}
