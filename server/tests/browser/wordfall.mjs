// `wordfall serve` on a port of its own, and its API.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const START_MS_MAX = 30_000;
const RUN_MS_MAX = 60_000;

/** A started server, with `url`, `stop()`, `kill()` and `again()`. */
export class Wordfall {
  /** Starts the server and waits until it answers. */
  static async start(options) {
    const wordfall = new Wordfall({ ...options, port: await freePort() });
    process.once("exit", () => wordfall.process.kill("SIGKILL"));
    await wordfall.again();
    return wordfall;
  }

  constructor({ data, mounts, port, more = [] }) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    const named = Object.entries(mounts).flatMap(([name, folder]) => ["--mount", `${name}=${folder}`]);
    this.arguments = ["serve", "--data", data, ...named, ...more];
  }

  /** Starts it on the same port and the same data as before. */
  async again() {
    const environment = { ...process.env, LEPTOS_SITE_ADDR: `127.0.0.1:${this.port}` };
    this.said = "";
    this.process = spawn(process.env.WORDFALL_BIN, this.arguments, { env: environment });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (text) => (this.said += text));
    }
    const started = Date.now();
    while (!(await this.isAlive())) {
      if (this.process.exitCode !== null || Date.now() - started > START_MS_MAX) {
        throw new Error(`the server did not start; it said:\n${this.said}`);
      }
      await wait(50);
    }
  }

  /** Asks it to end, and waits for that. */
  async stop() {
    await this.end("SIGTERM");
  }

  /** Ends it without a word, as a crash does. */
  async kill() {
    await this.end("SIGKILL");
  }

  /** Starts a run by the API and waits for its end: the run's JSON. */
  async finishedRun(form) {
    const answer = await fetch(`${this.url}/api/start_run`, { method: "POST", body: new URLSearchParams(form) });
    if (!answer.ok) {
      throw new Error(`start_run: ${answer.status} ${await answer.text()}`);
    }
    const { id } = await answer.json();
    return await this.ended(id);
  }

  /** Waits for a run's end: the run's JSON. */
  async ended(id) {
    for (const started = Date.now(); Date.now() - started < RUN_MS_MAX; await wait(50)) {
      const run = await (await fetch(`${this.url}/runs/${id}.json`)).json();
      if (!["starting", "running"].includes(run.state)) {
        return run;
      }
    }
    throw new Error(`run ${id} did not end`);
  }

  async isAlive() {
    try {
      return (await fetch(`${this.url}/healthz`)).ok;
    } catch {
      return false;
    }
  }

  async end(signal) {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exit = once(this.process, "exit");
      this.process.kill(signal);
      await exit;
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
