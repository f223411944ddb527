//! The help of every verb.

use crate::home::Home;
use crate::snapshot::check;
use crate::verb::verbs;

#[test]
fn every_verb_has_help() {
    let home = Home::new();
    let text = |verb: &String| {
        let outcome = home.run(&format!("{verb} --help"));
        assert!(outcome.status.success() && outcome.stderr.is_empty(), "{}", outcome.transcript());
        let name = if verb.is_empty() { "cai".to_owned() } else { verb.replace(' ', "_") };
        (name, outcome.stdout)
    };
    check("help", &verbs(&home).iter().map(text).collect());
}

#[test]
fn help_as_a_verb_prints_the_same() {
    let home = Home::new();
    for verb in verbs(&home) {
        let (verb_first, help_first) =
            (home.run(&format!("{verb} --help")), home.run(&format!("help {verb}")));
        assert_eq!(help_first.stdout, verb_first.stdout, "{verb}");
    }
}
