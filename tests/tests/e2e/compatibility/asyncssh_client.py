"""asyncssh_client.py FEATURE ALIAS CONFIG KNOWN_HOSTS: prints `ok`; status 114 for a host key that is not pinned."""

import asyncio
import os
import sys

import asyncssh

feature, alias, config, known_hosts = sys.argv[1:]


async def main():
    try:
        connection = await asyncssh.connect(alias, config=[config], known_hosts=known_hosts)
    except asyncssh.HostKeyNotVerifiable:
        sys.exit(114)
    async with connection:
        await globals()[f"try_{feature}"](connection)
    print("ok")


async def try_exec(connection):
    sent = bytes(range(256)) * 2048
    done = await connection.run("cat; echo told >&2; exit 43", input=sent, encoding=None)
    assert (done.stdout, done.stderr, done.exit_status) == (sent, b"told\n", 43)


async def try_terminal(connection):
    done = await connection.run("stty size; echo $TERM; tty", term_type="xterm", term_size=(132, 43))
    lines = done.stdout.split()
    assert lines[:3] == ["43", "132", "xterm"] and lines[3].startswith("/dev/pts/"), lines


async def try_sftp(connection):
    sent = os.urandom(3_000_000)
    async with connection.start_sftp_client() as sftp:
        async with sftp.open("/tmp/by-asyncssh", "wb") as file:
            await file.write(sent)
        await sftp.posix_rename("/tmp/by-asyncssh", "/tmp/renamed")
        async with sftp.open("/tmp/renamed", "rb") as file:
            assert await file.read() == sent


async def try_forward(connection):
    listener = await connection.forward_local_port("127.0.0.1", 0, "localhost", 22)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.get_port())
    assert await reader.readexactly(8) == b"SSH-2.0-"
    writer.close()
    # In the other direction: connections to the port inside are answered here.
    async def answer(_reader, writer):
        writer.write(b"from outside\n")
        writer.write_eof()

    outside = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = outside.sockets[0].getsockname()[1]
    inside = await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", port)
    script = f"bash -c 'cat < /dev/tcp/127.0.0.1/{inside.get_port()}'"
    assert (await connection.run(script, check=True)).stdout == "from outside\n"


async def try_streams(connection):
    done = await asyncio.gather(*(connection.run(f"echo {number}") for number in range(50)))
    assert [each.stdout for each in done] == [f"{number}\n" for number in range(50)]


asyncio.run(main())
