import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate for `localhost` and its key, in PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The path of the certificate of its authority, which platforms are configured to trust. */
  readonly authorityPath: string;
}

/**
 * Makes an authority and a certificate by it for `localhost`: Deno accepts no self-signed certificate.
 * Returns undefined if `openssl` is missing or too old.
 */
export function makeCertificate(folder: string): Certificate | undefined {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  const make = (name: string, ...options: string[]): void => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file(`${name}.key`)];
    const args = ["req", "-x509", "-days", "2", "-out", file(`${name}.pem`), ...key, ...options];
    execFileSync("openssl", args, { stdio: "ignore" });
  };
  try {
    make("authority", "-subj", "/CN=tickerplant test authority");
    const signed = ["-CA", file("authority.pem"), "-CAkey", file("authority.key")];
    const names = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];
    make("localhost", "-subj", "/CN=localhost", ...signed, ...names);
  } catch {
    return undefined;
  }
  const [cert, key] = [readFileSync(file("localhost.pem")), readFileSync(file("localhost.key"))];
  return { cert, key, authorityPath: file("authority.pem") };
}
