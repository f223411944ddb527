//! An accepted archive is rewritten exactly as checked, and the result is accepted again; the
//! output of a rejected one stays without its end marker.

#![no_main]

use std::io::Read as _;

use containai_core::archive::{Judge, Limits, Members, restore, verify};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { bytes: 1 << 20, entries: 1000, each: 0 };
const FRAME: (&str, &str) = ("new", "complete");

fuzz_target!(|archive: &[u8]| {
    let judged = verify(archive, LIMITS, &mut |_| ());
    let mut output = Vec::new();
    let restored = restore(archive, &mut output, LIMITS, FRAME, &mut |_| ());
    assert_eq!(judged.is_ok(), restored.is_ok(), "two readings differ");
    let Ok((_, transcript)) = restored else { return };
    let mut members = Members::new(&output[..]);
    let mut judge = Judge::new(Limits::MOST);
    let mut count = 0;
    let mut bytes = 0;
    let mut last = Vec::new();
    while let Some(member) = members.next_member().expect("we wrote it") {
        last = member.path.as_bytes().to_vec();
        let is_last = last == b"complete";
        assert!(is_last || last == b"new" || last.starts_with(b"new/"), "{:?}", member.path);
        if !is_last {
            // Below the prefix the top of the tree is an ordinary directory.
            judge.admit(&member).expect("it was admitted before");
            count += 1;
        }
        let mut content = Vec::new();
        bytes += members.read_to_end(&mut content).expect("it is whole") as u64;
    }
    assert_eq!(last, b"complete");
    assert_eq!((count, bytes), (transcript.totals.entries, transcript.totals.bytes));
});
