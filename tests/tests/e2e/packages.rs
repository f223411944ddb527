//! Packages of the distribution that are installed in a container.

use containai_tests::Person;

/// Builds three packages whose maintainer scripts call what debhelper writes into those of Debian: a
/// service with only a SysV script, which fails to install if the service does not start, as
/// exim4 and xinetd do; a service with a unit, a user and a directory; a mount and an rc.local.
const BUILD: &str = r#"set -eu
package() {
    mkdir -p "$1/DEBIAN"
    printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: x\n' "$1" \
        > "$1/DEBIAN/control"
    { echo '#!/bin/sh'; echo 'set -e'; cat; } > "$1/DEBIAN/postinst"
    chmod 755 "$1/DEBIAN/postinst"
}
cd "$(mktemp -d)"
package sysv-only <<'END'
update-rc.d sysv-only defaults >/dev/null
invoke-rc.d sysv-only start || exit 1
END
mkdir -p sysv-only/etc/init.d
cat > sysv-only/etc/init.d/sysv-only <<'END'
#!/bin/sh
### BEGIN INIT INFO
# Provides:          sysv-only
# Required-Start:    $remote_fs $syslog
# Required-Stop:     $remote_fs $syslog
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: A service
### END INIT INFO
. /lib/lsb/init-functions
case $1 in
    start) start-stop-daemon --start --background --make-pidfile --pidfile /run/sysv-only.pid --exec /bin/sleep -- infinity ;;
    stop) start-stop-daemon --stop --pidfile /run/sysv-only.pid --remove-pidfile --oknodo ;;
    restart | force-reload) "$0" stop; "$0" start ;;
    *) exit 2 ;;
esac
END
chmod 755 sysv-only/etc/init.d/sysv-only

package with-unit <<'END'
adduser --quiet --system --group --home /var/lib/with-unit --no-create-home with-unit
systemd-sysusers with-unit.conf
systemd-tmpfiles --create with-unit.conf
deb-systemd-helper unmask with-unit.service >/dev/null
deb-systemd-helper --quiet was-enabled with-unit.service
deb-systemd-helper enable with-unit.service >/dev/null
systemctl --system daemon-reload
deb-systemd-invoke start with-unit.service
END
mkdir -p with-unit/lib/systemd/system with-unit/usr/lib/tmpfiles.d with-unit/usr/lib/sysusers.d
printf '[Unit]\nDescription=x\n[Service]\nUser=with-unit\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' \
    > with-unit/lib/systemd/system/with-unit.service
echo 'd /run/with-unit 0750 with-unit with-unit -' > with-unit/usr/lib/tmpfiles.d/with-unit.conf
echo 'u with-unit-too - "x"' > with-unit/usr/lib/sysusers.d/with-unit.conf

package files <<'END'
echo 'tmpfs /srv/scratch tmpfs size=1m 0 0' >> /etc/fstab
printf '#!/bin/sh\necho booted > /run/rc-local\n' > /etc/rc.local
chmod 755 /etc/rc.local
END
for name in sysv-only with-unit files; do
    dpkg-deb --build "$name" >/dev/null
done
sudo dpkg --install ./*.deb >/dev/null
"#;

/// Prints the state of the services, the mount and rc.local.
const SHOW: &str = "systemctl is-system-running --wait; systemctl is-active sysv-only with-unit; \
                    pgrep -c -x sleep; stat -c '%a %U' /run/with-unit; id -un with-unit-too; \
                    findmnt -no FSTYPE /srv/scratch; cat /run/rc-local; ip -6 -o addr | grep -c ::1";

#[test]
fn services_of_packages_start_when_installed_and_after_a_restart() {
    let person = Person::new();
    let repository = person.repository("packages");
    person.run(&repository, BUILD).success();
    let state = "systemctl is-active sysv-only with-unit; sudo dpkg --audit";
    person.exec(&repository, state).success().prints("active\nactive\n");

    let restart = || person.cai(["stop"]).current_dir(&repository).run();
    restart().success();
    let expected = "running\nactive\nactive\n2\n750 with-unit\nwith-unit-too\ntmpfs\nbooted\n1\n";
    person.exec(&repository, SHOW).success().prints(expected);

    // A mount that fails leaves the system degraded, and services start all the same.
    let spoil =
        "echo 'tmpfs /srv/failing tmpfs size=wrong 0 0' | sudo tee -a /etc/fstab >/dev/null";
    person.exec(&repository, spoil).success();
    restart().success();
    let expected = expected.replace("running", "degraded");
    person.exec(&repository, SHOW).success().prints(&expected);
    person
        .exec(&repository, "sudo service sysv-only restart && sudo service sysv-only stop")
        .success();
    person.exec(&repository, "systemctl is-active sysv-only").prints("inactive\n");
}

#[test]
fn cron_with_its_mail_server_is_installed_and_runs() {
    let person = Person::new();
    let repository = person.repository("cron");
    let install = "export DEBIAN_FRONTEND=noninteractive; \
                   sudo apt-get update -q >/dev/null && sudo -E apt-get install -q -y cron >/dev/null && \
                   sudo -E apt-get install -q -y tree >/dev/null && sudo dpkg --audit";
    let installed = person
        .cai(["run", "--image", "base", "--", "sh", "-c", install])
        .current_dir(&repository)
        .timeout(std::time::Duration::from_secs(600))
        .run();
    installed.success().prints("");
    person.cai(["stop"]).current_dir(&repository).run().success();
    let state = "systemctl is-system-running --wait; systemctl is-active cron exim4; tree --version | cut -c 1-5";
    person.exec(&repository, state).success().prints("running\nactive\nactive\ntree \n");
}

#[test]
fn user_units_run_without_a_login_session() {
    let person = Person::new();
    let repository = person.repository("user-units");
    person.run(&repository, "systemctl --user is-system-running").success().prints("running\n");
    let unit = "mkdir -p ~/.config/systemd/user && cd ~/.config/systemd/user && \
                printf '[Service]\\nExecStart=/bin/sh -c \"echo $$PATH > %%t/started; sleep infinity\"\\n[Install]\\nWantedBy=default.target\\n' > own.service && \
                systemctl --user daemon-reload && systemctl --user enable -q --now own.service; \
                systemctl --user is-active own; stat -c '%a %U' $XDG_RUNTIME_DIR; \
                systemd-run --user --quiet --wait --pipe echo ran; \
                busctl --user list --no-legend | grep -c org.freedesktop.systemd1; \
                loginctl show-user agent -p Linger; systemctl is-failed systemd-logind";
    let expected = "active\n700 agent\nran\n1\nLinger=yes\nactive\n";
    let outcome = person.exec(&repository, unit);
    assert_eq!(outcome.stdout(), expected, "{outcome}");

    person.cai(["stop"]).current_dir(&repository).run().success();
    let state = "systemctl is-system-running --wait; systemctl --user is-active own; \
                 grep -c ^/usr/lib/containai/wrappers $XDG_RUNTIME_DIR/started";
    person.exec(&repository, state).success().prints("running\nactive\n1\n");
}

#[test]
fn foreign_locales_print_no_warning() {
    let person = Person::new();
    let repository = person.repository("locales");
    let script = "for locale in de_DE.UTF-8 en_DE.UTF-8 sr_RS.UTF-8@latin zh_CN.utf8 fr_FR UTF-8 en_US.UTF-8; do \
                      export LC_ALL=$locale; perl -e 1; bash -c true; locale charmap; \
                  done; locale -a | grep -c en_US.utf8";
    let outcome = person.run(&repository, script);
    outcome.success().prints(&format!("{}1\n", "UTF-8\n".repeat(7)));
    assert_eq!(
        outcome.stderr().lines().filter(|line| line.contains("arning")).count(),
        0,
        "{outcome}"
    );
}

#[test]
fn services_have_the_time_zone_of_the_host() {
    let person = Person::new();
    let repository = person.repository("zone");
    let run = ["run", "--image", "base", "--", "true"];
    person.cai(run).env("TZ", "Asia/Kathmandu").current_dir(&repository).run().success();
    let show = "sudo systemd-run --quiet --wait --pipe date +%z; cat /etc/timezone";
    person.exec(&repository, show).success().prints("+0545\nAsia/Kathmandu\n");
    // A zone that was set inside remains.
    let set = "sudo ln -sf /usr/share/zoneinfo/Pacific/Chatham /etc/localtime";
    person.exec(&repository, set).success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let zone = person.exec(&repository, "readlink /etc/localtime");
    zone.success().prints("/usr/share/zoneinfo/Pacific/Chatham\n");
}

#[test]
fn subordinate_ids_of_the_agent_are_mapped() {
    let person = Person::new();
    let repository = person.repository("subids");
    // The last id of both ranges can own a file, as in the image of a container without root.
    let script = "for kind in u g; do \
                      IFS=: read -r name first count < /etc/sub${kind}id; last=$((first + count - 1)); \
                      touch /tmp/$kind; sudo ch$([ $kind = u ] && echo own || echo grp) $last /tmp/$kind && \
                      [ $(stat -c %$kind /tmp/$kind) = $last ] && [ $count -ge 50000 ] && echo $name; \
                  done";
    person.run(&repository, script).success().prints("agent\nagent\n");
}
