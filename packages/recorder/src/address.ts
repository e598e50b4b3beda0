/**
 * Returns the address of a server without what may be a secret: user, password, query and fragment. An address that
 * is no URL is empty if it may have one of them.
 */
export function withoutSecrets(address: string): string {
  if (!URL.canParse(address)) return /[@?#]/.test(address) ? "" : address;
  const { protocol, host, pathname } = new URL(address);
  if (host === "") return /[@?#]/.test(address) ? "" : address; // such as user:password@host, which is a URL of "user:"
  return `${protocol}//${host}${pathname}`;
}
