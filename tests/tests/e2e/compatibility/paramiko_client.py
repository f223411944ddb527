"""paramiko_client.py FEATURE ALIAS CONFIG KNOWN_HOSTS: prints `ok`; status 114 for a host key that is not pinned."""

import os
import sys

import paramiko

feature, alias, config, known_hosts = sys.argv[1:]
host = paramiko.SSHConfig.from_path(config).lookup(alias)
client = paramiko.SSHClient()
client.load_host_keys(known_hosts)
client.set_missing_host_key_policy(paramiko.RejectPolicy())
try:
    client.connect(
        host["hostname"],
        int(host["port"]),
        host["user"],
        key_filename=host["identityfile"],
        allow_agent=False,
        look_for_keys=False,
    )
except paramiko.BadHostKeyException:
    sys.exit(114)

if feature == "exec":
    sent = bytes(range(256)) * 2048
    stdin, stdout, stderr = client.exec_command("cat; echo told >&2; exit 43")
    stdin.write(sent)
    stdin.flush()
    stdin.channel.shutdown_write()
    assert stdout.read() == sent
    assert stderr.read() == b"told\n"
    assert stdout.channel.recv_exit_status() == 43
elif feature == "terminal":
    stdout = client.exec_command("stty size; echo $TERM; tty", get_pty=True)[1]
    lines = stdout.read().split()
    assert lines[:3] == [b"24", b"80", b"vt100"] and lines[3].startswith(b"/dev/pts/"), lines
elif feature == "sftp":
    sent = os.urandom(3_000_000)
    with client.open_sftp() as sftp:
        with sftp.open("/tmp/by-paramiko", "wb") as file:
            file.write(sent)
        sftp.chmod("/tmp/by-paramiko", 0o600)
        sftp.rename("/tmp/by-paramiko", "/tmp/renamed")
        assert sftp.stat("/tmp/renamed").st_mode & 0o777 == 0o600
        with sftp.open("/tmp/renamed", "rb") as file:
            file.prefetch()
            assert file.read() == sent
elif feature == "forward":
    channel = client.get_transport().open_channel("direct-tcpip", ("localhost", 22), ("127.0.0.1", 1))
    assert channel.recv(8) == b"SSH-2.0-"
elif feature == "streams":
    running = [client.exec_command(f"echo {number}; cat") for number in range(50)]
    for number, (stdin, stdout, _) in enumerate(running):
        stdin.channel.shutdown_write()
        assert stdout.read() == f"{number}\n".encode()
else:
    sys.exit(f"unknown feature {feature}")
client.close()
print("ok")
