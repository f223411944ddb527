//! System calls that no namespace makes safe and that the profile of an older engine allows.

use containai_tests::Person;

/// The smallest 32-bit program that creates a socket through socketcall(2), whose arguments no
/// filter sees; it exits with the error number.
const SOCKETCALL: &str = r#"
my $code = pack 'H*', '6a006a016a2889e1bb01000000b866000000cd80f7d889c3b801000000cd80';
my $size = 84 + length $code;
print pack('a16SSLLLLLSSSSSS', "\x7fELF\x01\x01\x01", 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 0, 0, 0),
    pack('LLLLLLLL', 1, 0, 0x8048000, 0x8048000, $size, $size, 5, 0x1000), $code;
"#;

const OPERATION_NOT_PERMITTED: u8 = 1;
const FUNCTION_NOT_IMPLEMENTED: u8 = 38;

#[test]
fn hypervisor_and_kernel_cipher_sockets_are_denied() {
    let person = Person::new();
    let repository = person.repository("sockets");
    let family = |who: &str, number: &str| {
        let script = format!(
            "{who} perl -e 'my $s = syscall(41, {number}, 1, 0); print $s < 0 ? $! + 0 : \"made\"'"
        );
        person.exec(&repository, &script).success().stdout()
    };
    person.run(&repository, "true").success();
    for who in ["", "sudo"] {
        assert_eq!(family(who, "1"), "made", "a socket can be made");
        assert_eq!(family(who, "2"), "made", "a socket of another family can be made");
        for number in ["40", "38", "0x100000028", "0xffffffff00000026"] {
            assert_eq!(family(who, number), OPERATION_NOT_PERMITTED.to_string(), "{number}");
        }
    }
}

#[test]
fn sockets_of_32_bit_programs_are_denied() {
    let person = Person::new();
    let repository = person.repository("narrow");
    person.run(&repository, "true").success();
    let make = ["exec", "--", "sh", "-c", "perl - > /tmp/narrow && chmod 755 /tmp/narrow"];
    person.cai(make).current_dir(&repository).stdin(SOCKETCALL).run().success();
    person.exec(&repository, "/tmp/narrow").code(FUNCTION_NOT_IMPLEMENTED);
}

#[test]
fn io_uring_is_denied() {
    let person = Person::new();
    let repository = person.repository("uring");
    person.run(&repository, "true").success();
    // The numbers of io_uring_setup, io_uring_enter and io_uring_register are the same on all
    // machines.
    for number in [425, 426, 427] {
        let script = format!("sudo perl -e 'syscall({number}, 8, 0, 0, 0, 0, 0); print $! + 0'");
        person.exec(&repository, &script).success().prints("1");
    }
}
