//! Extended headers, POSIX.1-2017 `pax`, "pax Extended Header".

/// Parses the records of an extended header. Yields `None` for a malformed record and ends after
/// it.
///
/// A record is `LENGTH KEY=VALUE\n`. The value may contain newlines, so only the length determines
/// its end.
pub fn records(mut text: &[u8]) -> impl Iterator<Item = Option<(&[u8], &[u8])>> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let Some((key, value, rest)) = split_first_record(text) else {
            text = &[];
            return Some(None);
        };
        text = rest;
        Some(Some((key, value)))
    })
}

fn split_first_record(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = text.iter().position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&text[..blank]).ok()?.parse().ok()?;
    let (record, rest) = text.split_at_checked(length)?;
    let record = record.get(blank + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], rest))
}

/// Formats one record. Its length includes the digits of the length itself.
#[must_use]
pub fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    [length.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn malformed_record_ends_iteration() {
        for bad in ["x", "5", " a=b\n", "999 a=b\n", "7 a=b\n", "2 a=b\n", "6 ab\n\n", "-6 a=b\n"] {
            assert_eq!(records(bad.as_bytes()).next(), Some(None), "{bad:?}");
        }
        let text = b"6 a=b\njunk";
        assert_eq!(records(text).collect::<Vec<_>>(), [Some((&b"a"[..], &b"b"[..])), None]);
    }

    proptest! {
        #[test]
        fn written_records_can_be_parsed(value in "(?s).{0,120}") {
            let mut text = record(b"path", value.as_bytes());
            text.extend(record(b"mtime", b"1.5"));
            let read: Option<Vec<_>> = records(&text).collect();
            let expected = vec![(&b"path"[..], value.as_bytes()), (&b"mtime"[..], &b"1.5"[..])];
            prop_assert_eq!(read, Some(expected));
        }

        #[test]
        fn never_panics(text in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(records(&text).count() <= text.len());
        }
    }
}
