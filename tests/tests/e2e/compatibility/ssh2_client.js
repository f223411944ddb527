// ssh2_client.js FEATURE ALIAS CONFIG KNOWN_HOSTS: prints `ok`; status 114 for a host key that is not pinned.

const assert = require("assert");
const crypto = require("crypto");
const fs = require("fs");
const { Client } = require("ssh2");

const [feature, , config, knownHosts] = process.argv.slice(2);
const setting = (name) => new RegExp(`^\\s*${name} "?([^"\\n]*)"?$`, "m").exec(fs.readFileSync(config, "utf8"))[1];
const [host, port] = [setting("HostName"), setting("Port")];
const pins = fs.readFileSync(knownHosts, "utf8").split("\n").map((line) => line.split(" "));
const pinned = pins.filter(([name]) => name === `[${host}]:${port}`).map(([, , key]) => key);
let refused = false;

const client = new Client();
const collect = (stream, then) => {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => then(Buffer.concat(chunks)));
};
const done = () => {
  console.log("ok");
  client.end();
};
const fail = (error) => {
  console.error(error);
  process.exit(refused ? 114 : 1);
};

const trials = {
  exec() {
    const sent = crypto.randomBytes(500000);
    client.exec("cat; exit 43", (error, stream) => {
      if (error) return fail(error);
      let status;
      let output;
      stream.on("exit", (code) => (status = code));
      collect(stream, (bytes) => (output = bytes));
      stream.on("close", () => {
        assert.ok(output.equals(sent));
        assert.strictEqual(status, 43);
        done();
      });
      stream.end(sent);
    });
  },
  shell() {
    client.shell({ term: "xterm", cols: 132, rows: 43 }, (error, stream) => {
      if (error) return fail(error);
      collect(stream, (bytes) => {
        assert.match(bytes.toString(), /\/dev\/pts\//);
        assert.match(bytes.toString(), /43 132/);
        done();
      });
      stream.end("tty; stty size; exit\n");
    });
  },
  sftp() {
    const sent = crypto.randomBytes(500000);
    client.sftp((error, sftp) => {
      if (error) return fail(error);
      sftp.writeFile("/tmp/by-ssh2", sent, (error) => {
        if (error) return fail(error);
        sftp.readFile("/tmp/by-ssh2", (error, bytes) => {
          if (error) return fail(error);
          assert.ok(bytes.equals(sent));
          done();
        });
      });
    });
  },
  forward() {
    client.forwardOut("127.0.0.1", 1, "localhost", 22, (error, stream) => {
      if (error) return fail(error);
      stream.once("data", (bytes) => {
        assert.ok(bytes.toString().startsWith("SSH-2.0-"));
        done();
      });
    });
  },
};

client.on("error", fail).on("ready", trials[feature]).connect({
  host,
  port: Number(port),
  username: setting("User"),
  privateKey: fs.readFileSync(setting("IdentityFile")),
  hostVerifier: (key) => {
    refused = !pinned.includes(key.toString("base64"));
    return !refused;
  },
});
