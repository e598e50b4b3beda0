import { parseEnv } from "node:util";
import { failure } from "../output/exit.ts";
import { readTextOrFail } from "./file-errors.ts";

/** Where the credentials of an upstream are: see `UpstreamOptions`. */
export interface CredentialsSource {
  readonly credentials?: string;
  readonly keyIdVariable?: string;
  readonly secretKeyVariable?: string;
}

/** The credentials for an upstream. */
export interface UpstreamCredentials {
  readonly apiKey: string;
  readonly secretKey: string;
}

/** The names of the variables with the key and the secret. */
export function variablesOf({
  keyIdVariable = "APCA_API_KEY_ID",
  secretKeyVariable = "APCA_API_SECRET_KEY",
}: CredentialsSource): readonly [key: string, secret: string] {
  return [keyIdVariable, secretKeyVariable];
}

/**
 * Reads the credentials of an upstream from a file of variables, or from the environment.
 *
 * @throws CommandError that names the file and the variables that are missing.
 */
export async function readUpstreamCredentials(
  source: CredentialsSource,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<UpstreamCredentials> {
  const { credentials: file } = source;
  const variables = file === undefined ? environment : parseEnv(await readTextOrFail("the credentials", file));
  const place = file === undefined ? "the environment" : `the credentials ${file}`;
  const [apiKey, secretKey] = variablesOf(source).map((name) => {
    const value = variables[name]?.trim();
    if (value) return value;
    throw failure(`${place} has no variable ${name}, which the upstream needs`);
  });
  return { apiKey: apiKey ?? "", secretKey: secretKey ?? "" };
}
