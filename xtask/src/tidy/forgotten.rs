//! Test files that nothing compiles.

use super::source::Source;

/// A suite is one binary whose `main.rs` lists its files; a file that is not
/// listed would never run and never fail.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let is_suite = |source: &&Source| {
        let words: Vec<_> = source.path.split('/').collect();
        matches!(words.as_slice(), [_, "tests", _, "main.rs"])
    };
    let mut findings = Vec::new();
    for main in sources.iter().filter(is_suite) {
        let directory = main.path.trim_end_matches("main.rs");
        for file in sources {
            let Some(rest) = file.path.strip_prefix(directory) else { continue };
            let name = rest.trim_end_matches(".rs").trim_end_matches("/mod");
            let is_module = rest.ends_with(".rs") && rest != "main.rs" && !name.contains('/');
            if is_module && !main.text.contains(&format!("mod {name};")) {
                findings.push(file.finding(1, &format!("`{}` does not list it", main.path)));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn every_file_of_a_suite_is_listed() {
        let main = source("tests/tests/e2e/main.rs", "mod setup;\n");
        let listed = source("tests/tests/e2e/setup.rs", "");
        let forgotten = source("tests/tests/e2e/status.rs", "");
        assert_eq!(check(&[main.clone(), listed]), Vec::<String>::new());
        assert_eq!(check(&[main, forgotten]).len(), 1);
    }
}
