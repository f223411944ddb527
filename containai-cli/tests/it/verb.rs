//! The verbs, as the help lists them.

use crate::home::Home;

/// Verbs that the help does not list.
const HIDDEN: [&str; 3] = ["first-start", "reference", "workspace reclaim-inside"];

/// All verbs with their full names, such as `config set`; `cai` alone is the
/// empty name.
pub(crate) fn verbs(home: &Home) -> Vec<String> {
    let mut verbs = vec![String::new()];
    let mut next = 0;
    while let Some(verb) = verbs.get(next).cloned() {
        let help = home.run(&format!("{verb} --help"));
        let below = listed(&help.stdout).map(|name| format!("{verb} {name}").trim().to_owned());
        verbs.extend(below.collect::<Vec<_>>());
        next += 1;
    }
    verbs.extend(HIDDEN.map(str::to_owned));
    verbs
}

/// The names in the section `Commands:` of a help text, without `help` itself.
fn listed(help: &str) -> impl Iterator<Item = &str> {
    let section = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = section.take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")).filter(|it| !it.starts_with(' '));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help")
}

/// The first word of a verb, after which its snapshots are named.
pub(crate) fn first_word(verb: &str) -> &str {
    verb.split(' ').next().filter(|word| !word.is_empty()).unwrap_or("cai")
}

#[test]
fn verbs_of_verbs_are_found() {
    let verbs = verbs(&Home::new());
    for verb in ["", "run", "config", "config set", "workspace reclaim-inside"] {
        assert!(verbs.iter().any(|it| it == verb), "{verb:?} in {verbs:?}");
    }
}
