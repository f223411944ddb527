//! Every accepted forward is parsed again from its own text, and its directive is one line with the
//! words required by ssh_config(5).

#![no_main]

use containai_core::remote::{Direction, Endpoint, Forward, Listen};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for direction in [Direction::Local, Direction::Remote, Direction::Dynamic] {
        let Ok(forward) = Forward::parse(direction, text) else { continue };
        assert_eq!(Forward::parse(direction, &forward.to_string()).as_ref(), Ok(&forward));

        let directive = forward.directive();
        let is_plain = |c: char| !c.is_control() && !"\"'\\$#".contains(c);
        assert!(directive.chars().all(is_plain), "{directive:?}");
        let words: Vec<&str> = directive.split(' ').collect();
        let (keyword, length) = match direction {
            Direction::Local => ("LocalForward", 3),
            Direction::Remote => ("RemoteForward", 3),
            Direction::Dynamic => ("DynamicForward", 2),
        };
        assert_eq!((words[0], words.len()), (keyword, length), "{directive}");
        assert!(words.iter().all(|word| !word.is_empty() && !word.starts_with('-')));
        // The words have the parsed meaning.
        assert_eq!(words[1], forward.listen().to_string());
        assert_eq!(words.get(2).map(|&word| word.to_owned()), target(&forward));

        if let Listen::Unix(path) = forward.listen() {
            assert!(path.starts_with('/') && !path.contains([':', '%', ' ']), "{path:?}");
        }
    }
});

fn target(forward: &Forward) -> Option<String> {
    match forward {
        Forward::Local { target, .. } | Forward::Remote { target, .. } => {
            if let Endpoint::Unix(path) = target {
                assert!(path.starts_with('/') && !path.contains([':', '%', ' ']), "{path:?}");
            }
            Some(target.to_string())
        }
        Forward::Dynamic { .. } => None,
    }
}
