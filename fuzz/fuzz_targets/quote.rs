//! The words of a line are the given words, as POSIX shells split them (XCU §2.2, §2.6.5), and
//! nothing in it is unquoted.

#![no_main]

use containai_ssh::quote;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|words: Vec<Vec<u8>>| {
    let line = quote::words(&words);
    let read = split(&line);
    // No words and an empty line are the same.
    assert_eq!(read, words, "{:?}", String::from_utf8_lossy(&line));
});

/// Splits at blanks. The only quoting it accepts is `'…'` and a backslash before `'` or `\`, so
/// anything else fails.
fn split(line: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' => words.push(word.take().expect("one blank between two words")),
            b'\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match bytes.next().expect("a quote ends") {
                        b'\'' => break,
                        // fish interprets it inside of quotes, too.
                        b'\\' => panic!("a backslash stands in quotes"),
                        inner => word.push(inner),
                    }
                }
            }
            b'\\' => {
                let next = bytes.next().expect("something stands behind a backslash");
                assert!(matches!(next, b'\'' | b'\\'), "`{next}` behind a backslash");
                word.get_or_insert_default().push(next);
            }
            bare => panic!("`{bare}` stands unquoted"),
        }
    }
    words.extend(word);
    words
}
