//! Access of root inside to the kernel.

use containai_tests::Person;

/// Files that change the host when written. The first three exist everywhere.
const KERNEL_FILES: [&str; 13] = [
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/vm/drop_caches",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/hotplug",
    "/proc/sys/kernel/randomize_va_space",
    "/proc/sys/kernel/panic",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/sys/fs/file-max",
    "/sys/power/state",
    "/sys/kernel/uevent_helper",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/module/kernel/parameters/panic",
];

#[test]
fn kernel_settings_are_not_writable() {
    let person = Person::new();
    let repository = person.repository("switches");
    // The test only opens them for writing; nothing is written if that succeeds.
    let files = KERNEL_FILES.join(" ");
    let script = format!(
        "for file in {files}; do
             [ -e $file ] || continue
             echo seen >&2
             if sudo sh -c \": >> $file\" 2>/dev/null; then echo $file; fi
         done"
    );
    let outcome = person.run(&repository, &script);
    outcome.success().prints("");
    assert!(outcome.stderr().matches("seen").count() >= 3, "{outcome}");
}

#[test]
fn memory_devices_and_keys_of_the_host_are_inaccessible() {
    let person = Person::new();
    let repository = person.repository("devices");
    let attempts = [
        "head -c 1 /dev/mem",
        "head -c 1 /proc/kcore",
        "mknod /tmp/disk b 8 0 && head -c 1 /tmp/disk",
        "sh -c 'head -c 1 /dev/sda || head -c 1 /dev/vda'",
        "dmesg --clear",
        "sysctl -w kernel.panic=1",
    ];
    person.run(&repository, "true").success();
    for attempt in attempts {
        let outcome = person.exec(&repository, &format!("sudo {attempt}"));
        assert_ne!(outcome.status(), 0, "{outcome}");
    }
}

#[test]
fn calls_that_namespaces_do_not_confine_are_denied() {
    let person = Person::new();
    let repository = person.repository("denied");
    person.run(&repository, "true").success();
    for attempt in [
        "date -s @0",
        "swapon /etc/hostname",
        "insmod /etc/hostname",
        "nsenter --target 1 --mount --net --setuid 0 chroot /proc/1/root true && mount /dev/vda /mnt",
        "mount -t cgroup -o release_agent=/x none /mnt",
        "quotaon /",
    ] {
        let outcome = person.exec(&repository, &format!("sudo sh -c '{attempt}'"));
        assert_ne!(outcome.status(), 0, "{outcome}");
    }
    let host = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    assert!(host.expect("after 1970").as_secs() > 1_000_000_000, "the clock is unchanged");
}

#[test]
fn mounts_and_namespaces_work_inside() {
    let person = Person::new();
    let repository = person.repository("nested");
    let script = "set -e
        sudo mount -t tmpfs none /mnt && echo x | sudo tee /mnt/x && sudo umount /mnt
        sudo unshare --mount --pid --fork --mount-proc sh -c 'ps -e | wc -l'
        unshare --user --map-root-user id -u
        sudo unshare --net ip link set lo up
        mkdir -p /tmp/l /tmp/u /tmp/w /tmp/m";
    person.run(&repository, script).success().prints("x\n4\n0\n");
}

#[test]
fn cgroups_inside_are_the_containers_own() {
    let person = Person::new();
    let repository = person.repository("groups");
    person.run(&repository, "systemctl is-active ssh").success().prints("active\n");
    let limit = "cat /sys/fs/cgroup/memory.max 2>/dev/null \
                 || cat /sys/fs/cgroup/memory/memory.limit_in_bytes";
    let before = person.exec(&repository, limit).success().stdout();
    let raise = "for f in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; \
                 do sudo sh -c \"echo 99999999999999 > $f\" 2>/dev/null; done; true";
    person.exec(&repository, raise).success();
    person.exec(&repository, limit).success().prints(&before);
}
