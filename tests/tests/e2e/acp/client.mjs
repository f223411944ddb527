// An editor made with the SDK of the Agent Client Protocol. Prints what it saw as JSON.
// Arguments: the directory of the SDK, the version of the protocol, the workspace, the program and its arguments.
import { spawn } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";

const [sdk, version, workspace, program, ...words] = process.argv.slice(2);
const acp = await import(pathToFileURL(`${sdk}/dist/${version === "2" ? "v2" : "v1"}/stable/acp.js`));
const agent = spawn(program, words, { cwd: workspace, stdio: ["pipe", "pipe", "inherit"] });
const ended = new Promise((resolve) => agent.on("exit", (code, signal) => resolve(code ?? signal)));
const seen = { onHost: [], tools: [] };
const host = (name) => (context) => {
  seen.onHost.push(name, context.params);
  return { content: "", terminalId: "t" };
};
const editor = acp.client({ name: "editor" });
if (version === "1") {
  for (const method of ["fs/read_text_file", "fs/write_text_file", "terminal/create"]) {
    editor.onRequest(method, host(method));
  }
}
const stream = acp.ndJsonStream(Writable.toWeb(agent.stdin), Readable.toWeb(agent.stdout));
await editor.connectWith(stream, async (context) => {
  const info = { name: "editor", version: "1" };
  const capabilities = { fs: { readTextFile: true, writeTextFile: true }, terminal: true };
  seen.initialized = await context.request("initialize", version === "1"
    ? { protocolVersion: 1, clientCapabilities: capabilities, clientInfo: info }
    : { protocolVersion: 2, info, capabilities: { auth: { terminal: {} } } });
  try {
    await context.request("session/new", { cwd: "/etc", mcpServers: [] });
  } catch (error) {
    seen.outside = error.message;
  }
  const program = { name: "local", command: "/bin/true", args: [], env: [] };
  const mcpServers = [version === "1" ? program : { type: "stdio", ...program }];
  const session = await context.buildSession({ cwd: workspace, mcpServers }).start();
  const turn = async (prompt, atFirstChunk) => {
    const answered = session.prompt(prompt);
    let text = "";
    for (;;) {
      const message = await session.nextUpdate();
      if (message.kind === "stop") {
        await answered;
        return { text, stopReason: message.stopReason };
      }
      const { update } = message;
      if (update.sessionUpdate === "agent_message_chunk") {
        text += update.content.text;
        await atFirstChunk?.();
      } else if (update.sessionUpdate.startsWith("tool_call")) {
        seen.tools.push(update);
      }
    }
  };
  const link = { type: "resource_link", name: "README", uri: `file://${workspace}/README` };
  seen.report = (await turn([{ type: "text", text: "report" }, link])).text;
  await turn("edit");
  seen.host = version === "1" ? (await turn("host")).text : "";
  seen.big = (await turn("big")).text.length;
  seen.sent = (await turn("é".repeat(5 << 20))).text;
  const cancel = () => context.notify("session/cancel", { sessionId: session.sessionId });
  seen.cancelled = (await turn("hang", cancel)).stopReason;
  try {
    await context.request("session/prompt", { sessionId: session.sessionId, prompt: [{ type: "text", text: "exit" }] });
  } catch {
    // The agent ends without an answer.
  }
}).catch((error) => {
  // The connection closes with the agent.
  if (!/closed/.test(error.message)) throw error;
});
seen.status = await ended;
console.log(JSON.stringify(seen));
process.exit(0);
