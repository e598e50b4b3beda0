/** An address as it may be shown: without user, password and query, any of which may hold a secret. */
export function shownAddress(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}
