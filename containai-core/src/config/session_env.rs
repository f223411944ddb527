//! Selection of the session environment.

use super::EnvEntry;
use crate::naming::EnvName;

/// Returns the variables of `names` in their order. Values are taken from `host`, then from the
/// last matching line of the file. Names without a value and repeated names are skipped.
#[must_use]
pub fn select_session_env(
    names: &[EnvName],
    host: impl Fn(&str) -> Option<String>,
    file: &[EnvEntry],
) -> Vec<EnvEntry> {
    let mut found: Vec<EnvEntry> = Vec::new();
    for name in names {
        if found.iter().any(|entry| entry.name == *name) {
            continue;
        }
        let of_file = || file.iter().rev().find(|entry| entry.name == *name);
        let value = host(name.as_str()).or_else(|| of_file().map(|entry| entry.value.clone()));
        found.extend(value.map(|value| EnvEntry { name: name.clone(), value }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EnvFile;

    fn check(names: &[&str], host: &[(&str, &str)], file: &str, expected: &str) {
        let names: Vec<_> = names.iter().filter_map(|name| EnvName::parse(name).ok()).collect();
        let find = |name: &str| host.iter().find(|(key, _)| *key == name);
        let found = select_session_env(
            &names,
            |name| find(name).map(|(_, value)| (*value).to_owned()),
            &EnvFile::parse(file).entries,
        );
        let lines: Vec<_> = found.iter().map(|it| format!("{}={}", it.name, it.value)).collect();
        assert_eq!(lines.join(" "), expected, "{names:?}");
    }

    #[test]
    fn list_sets_the_order_and_host_values_win() {
        check(&["B", "A", "B"], &[("A", "h")], "A=1\nB=2\nB=3\nC=4\n", "B=3 A=h");
        check(&["A"], &[("A", "x\ny")], "A=f\n", "A=x\ny");
        check(&["A", "B"], &[("A", "")], "", "A=");
    }
}
