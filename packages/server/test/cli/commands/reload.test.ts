import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { connect } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { hasOpenssl, makeCertificate } from "../../gateway/support/certificate.ts";
import { type Cli, start, temporaryFile } from "../support/cli.ts";
import { keyEntry } from "../support/keys.ts";

const FEEDS = { iex: { simulate: true, rate: 1 } };

/** Starts `serve` with a configuration; returns what changes it, and the address. */
async function serveConfig(config: object, ...args: string[]) {
  const file = temporaryFile("relay.json", JSON.stringify({ port: 0, feeds: FEEDS, ...config }));
  const server = start(["serve", "--config", file, ...args]);
  const [, url = ""] = await server.says(/serving .* at (wss?:\S+)/);
  const change = (changed: object | string) => {
    const content = typeof changed === "string" ? changed : JSON.stringify({ port: 0, feeds: FEEDS, ...changed });
    writeFileSync(file, content);
    server.child.kill("SIGHUP");
  };
  return { server, url, change, file };
}

/** Whether a client may subscribe to two symbols. */
async function maySubscribe(url: string): Promise<boolean> {
  const socket = new WebSocket(`${url}/v2/iex`, { headers: { "APCA-API-KEY-ID": "K", "APCA-API-SECRET-KEY": "S" } });
  onTestFinished(() => socket.terminate());
  const answer = new Promise<string>((resolve) => {
    socket.on("message", (data) => {
      if (String(data).includes("authenticated")) socket.send('{"action":"subscribe","trades":["A","B"]}');
      if (/subscription|405/.test(String(data))) resolve(String(data));
    });
  });
  return (await answer).includes("subscription");
}

/** Ends a server with Ctrl-C. */
async function end(server: Cli): Promise<void> {
  server.child.kill("SIGINT");
  expect((await server.ended).code).toBe(0);
}

test("SIGHUP applies new limits to new connections, and reports what needs a restart", async () => {
  const { server, url, change } = await serveConfig({ maxSymbols: 1 });
  expect(await maySubscribe(url)).toBe(false);
  change({ maxSymbols: 2, plan: "free", feeds: { iex: { simulate: true, rate: 2 } } });
  await server.says(/reloaded: changed maxSymbols; a restart is needed for plan, feeds.iex/);
  expect(await maySubscribe(url)).toBe(true);
  await end(server);
});

test("SIGHUP does not change what the command line sets", async () => {
  const { server, url, change } = await serveConfig({}, "--max-symbols", "1");
  change({ maxSymbols: 2 });
  await server.says(/reloaded: nothing changed/);
  expect(await maySubscribe(url)).toBe(false);
});

test("SIGHUP with a configuration that has faults changes nothing, and reports them", async () => {
  const { server, url, change } = await serveConfig({ maxSymbols: 1 });
  change({ maxSymbols: 2, prt: 1 });
  await server.says(/prt: there is no such setting; did you mean port\?\n.*nothing was reloaded: .* has 1 fault/);
  change("{");
  await server.says(/line 1, column 2: it is not JSON from here on\n.*nothing was reloaded/);
  expect(await maySubscribe(url)).toBe(false);
});

test("SIGHUP with a configuration that is gone changes nothing, and the next one reads the new file", async () => {
  const { server, file, change } = await serveConfig({ maxSymbols: 1 });
  rmSync(file);
  server.child.kill("SIGHUP");
  await server.says(/nothing was reloaded: cannot read the configuration .*relay\.json: no such file/);
  change({ maxSymbols: 2 });
  await server.says(/reloaded: changed maxSymbols\n/);
});

test("SIGHUPs that follow at once apply the last configuration, and each change once", async () => {
  const { server, url, change } = await serveConfig({ maxSymbols: 1 });
  for (let count = 0; count < 5; count++) server.child.kill("SIGHUP");
  change({ maxSymbols: 2 });
  await server.says(/reloaded: changed maxSymbols\n/);
  expect(await maySubscribe(url)).toBe(true);
  await end(server);
  expect(server.stderr.match(/changed maxSymbols/g)).toHaveLength(1);
});

test("SIGHUP reports settings that need a restart by their names, each time", async () => {
  const { server, change } = await serveConfig({});
  for (let count = 1; count <= 2; count++) {
    change({ host: "0.0.0.0", port: 9, keys: "keys.json", feeds: { sip: { simulate: true } } });
    await server.says(new RegExp(`(needed for host, port, keys, feeds.iex, feeds.sip\\n.*){${count}}`, "s"));
  }
});

test("SIGHUP reports that new credentials of an upstream need a restart, and shows none of them", async () => {
  const variables = (secret: string) => `APCA_API_KEY_ID=desk\nAPCA_API_SECRET_KEY=${secret}\n`;
  const credentials = temporaryFile("upstream.env", variables("first-secret"));
  const feeds = { iex: { upstream: "ws://127.0.0.1:9/v2/iex", credentials } };
  const { server, change } = await serveConfig({ feeds });
  writeFileSync(credentials, variables("second-secret"));
  change({ feeds });
  await server.says(/reloaded: nothing changed; a restart is needed for the credentials of feeds\.iex\n/);
  writeFileSync(credentials, "");
  change({ feeds });
  await server.says(/nothing was reloaded: the credentials .* has no variable APCA_API_KEY_ID/);
  expect(server.stderr).not.toMatch(/(first|second)-secret/);
});

test("faults of a reload are JSON lines where the configuration asks for them", async () => {
  const { server, change } = await serveConfig({ json: true });
  change({ json: true, prt: 1 });
  await server.says(/"type":"configFault".*"type":"reloadFailed"/s);
  for (const line of server.stderr.trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
});

test("SIGHUP reads the keys file of a gateway without a configuration", async () => {
  const keys = temporaryFile("keys.json", JSON.stringify([keyEntry("K", "S")]));
  const server = start(["serve", "--simulate", "--rate", "1", "--port", "0", "--keys", keys]);
  await server.says(/serving/);
  writeFileSync(keys, JSON.stringify([keyEntry("K2", "S2")]));
  server.child.kill("SIGHUP");
  await server.says(/added K2; withdrew K/);
  await server.says(/reloaded: nothing changed/);
});

test.skipIf(!hasOpenssl)(
  "SIGHUP serves a new certificate to new connections, and keeps the old one if the new one cannot be used (skipped without openssl)",
  async () => {
    const [first, second] = [makeCertificate(), makeCertificate()];
    const [tlsCert, tlsKey] = [temporaryFile("cert.pem", first.cert), temporaryFile("key.pem", first.key)];
    const { server, url, change } = await serveConfig({ tlsCert, tlsKey });
    const serialOf = async () => {
      const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", rejectUnauthorized: false });
      onTestFinished(() => void socket.destroy());
      await once(socket, "secureConnect");
      return socket.getPeerX509Certificate()?.fingerprint256;
    };
    const before = await serialOf();
    writeFileSync(tlsCert, second.cert);
    server.child.kill("SIGHUP");
    await server.says(/nothing was reloaded: cannot use the certificate and its private key: .* another certificate/);
    expect(await serialOf()).toBe(before);
    writeFileSync(tlsKey, second.key);
    server.child.kill("SIGHUP");
    await server.says(/reloaded: changed the TLS certificate/);
    const after = await serialOf();
    expect(after).not.toBe(before);
    change({ tlsCert: temporaryFile("cert.pem", first.cert), tlsKey: temporaryFile("key.pem", first.key) });
    await server.says(/reloaded: changed tlsCert, tlsKey, the TLS certificate\n/);
    expect(await serialOf()).toBe(before);
    change({});
    await server.says(/reloaded: nothing changed; a restart is needed for tlsCert, tlsKey\n/);
    expect(await serialOf()).toBe(before);
  },
);
