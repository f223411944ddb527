//! Certificates and proxies of the host in containers.

use containai_tests::{
    BEHIND_PROXY, CORPORATE_HOST, Cai, CorporateNetwork, Engine, Person, Repository, output_of,
};

fn run(person: &Person<'_>, repository: &Repository, script: &str) -> Cai {
    person.cai(["run", "--image", "base", "--", "sh", "-c", script]).current_dir(repository.path())
}

/// Programs that verify certificates in different ways: a bundle, links by hash, and one of their
/// own.
const PROGRAMS: &str = "set -e
    url=https://198.51.100.2
    curl --silent --show-error --noproxy '*' $url/
    git ls-remote $url/code.git && echo git
    env -u SSL_CERT_FILE openssl s_client -connect 198.51.100.2:443 -verify_return_error </dev/null >/dev/null 2>&1 && echo openssl
    sudo curl --silent --noproxy '*' $url/
    docker info --format '{{.ServerVersion}}' >/dev/null
    printf 'FROM scratch\\nCOPY README /\\n' | docker build --quiet --tag 198.51.100.2:5000/x:1 --file - . >/dev/null
    docker push --quiet 198.51.100.2:5000/x:1
    docker image rm 198.51.100.2:5000/x:1 >/dev/null
    docker pull --quiet 198.51.100.2:5000/x:1";

#[test]
fn containers_trust_and_use_what_the_host_does() {
    Engine::shared();
    let corporate = CorporateNetwork::start();
    let person = Person::new();
    let repository = person.repository("corporate");
    certificates(&corporate, &person, &repository);
    proxies(&corporate, &person, &repository);
}

fn certificates(corporate: &CorporateNetwork, person: &Person<'_>, repository: &Repository) {
    let trusting = |script: &str| {
        run(person, repository, script).env("NODE_EXTRA_CA_CERTS", corporate.authority())
    };
    let stop = || {
        person.cai(["stop"]).current_dir(repository.path()).run().success();
    };
    let expected = "inside the company\ngit\nopenssl\ninside the company\n\
                    198.51.100.2:5000/x:1\n198.51.100.2:5000/x:1\n";
    trusting(PROGRAMS).run().success().prints(expected);
    // A service that starts later, and plain OpenSSH.
    let service = "sudo systemd-run --quiet --pipe --wait sh -c 'cat \"$NODE_EXTRA_CA_CERTS\"' | grep -c BEGIN";
    assert_ne!(person.exec(repository, service).success().stdout(), "0\n");
    let mut ssh = person.openssh("ssh");
    ssh.arg(person.alias(repository.path())).arg("echo $SSL_CERT_FILE");
    assert_eq!(output_of(&mut ssh), "/etc/ssl/certs/ca-certificates.crt\n");
    assert_eq!(person.exec(repository, "systemctl is-system-running --wait").stdout(), "running\n");

    // The next start without the certificate removes it.
    stop();
    const UNTRUSTED: u8 = 60;
    let fetch = "curl --silent --noproxy '*' https://198.51.100.2/";
    run(person, repository, fetch).run().code(UNTRUSTED);
    person.exec(repository, "env -u SSL_CERT_FILE openssl s_client -connect 198.51.100.2:443 -verify_return_error </dev/null 2>&1 | grep -c 'Verify return code: 0'").prints("0\n");
    stop();
    person.cai(["config", "set", "network.certificates", "false"]).run().success();
    trusting(fetch).run().code(UNTRUSTED);
    stop();
}

fn proxies(corporate: &CorporateNetwork, person: &Person<'_>, repository: &Repository) {
    let url = format!("http://{BEHIND_PROXY}/");
    let fetch = format!("curl --silent --fail --max-time 5 {url}");
    let direct = run(person, repository, &fetch).env("http_proxy", "").run();
    assert_ne!(direct.status(), 0, "{direct}");
    person.cai(["stop"]).current_dir(repository.path()).run().success();
    let proxied = |script: &str| {
        run(person, repository, script)
            .env("http_proxy", corporate.proxy())
            .env("HTTPS_PROXY", "http://127.0.0.1:3128")
            .env("no_proxy", format!("{CORPORATE_HOST},.corp.example"))
    };
    let outcome = proxied(&fetch).run();
    outcome.success().prints("inside the company\n");
    outcome.stderr_contains("`https_proxy` is not passed to the container");
    for program in [
        format!("sudo {fetch}"),
        format!("sudo systemd-run --quiet --pipe --wait {fetch}"),
        format!("bash -lc '{fetch}'"),
    ] {
        person.exec(repository, &program).success().prints("inside the company\n");
    }
    let inner = "jq -r '.proxies[].httpProxy' ~/.docker/config.json; sudo jq -r '.proxies[].httpProxy' /root/.docker/config.json";
    let address = corporate.proxy();
    person.exec(repository, inner).success().prints(&format!("{address}\n{address}\n"));
    let exceptions = "echo $NO_PROXY; hostname";
    let outcome = person.exec(repository, exceptions);
    let stdout = outcome.success().stdout();
    let (hosts, name) = stdout.trim().split_once('\n').expect("two lines");
    let hosts: Vec<&str> = hosts.split(',').collect();
    for host in [CORPORATE_HOST, ".corp.example", "localhost", "127.0.0.0/8", "::1", name] {
        assert!(hosts.contains(&host), "{host} in {hosts:?}");
    }

    // The password is nowhere that others of the host or of the container read.
    let container = person.container(repository.path());
    assert!(!container.to_string().contains("hunter2"), "{container:#}");
    let readable = "sudo find / -xdev -type f -perm /o=r -newer /etc/hostname -path '/etc/*' -exec grep -l hunter2 {} + 2>/dev/null; \
                    sudo -u nobody cat /run/containai/environment /run/containai/sshd.conf /etc/containai/network/proxies 2>/dev/null";
    assert!(!person.exec(repository, readable).stdout().contains("hunter2"));
    person.cai(["stop"]).current_dir(repository.path()).run().success();
    run(person, repository, "echo ${http_proxy-none}; cat ~/.docker/config.json")
        .env("http_proxy", "")
        .run()
        .success()
        .prints("none\n{}\n");
}
