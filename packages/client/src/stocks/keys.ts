/**
 * The short keys of stock records, each as one integer with its first letter in the low byte:
 * readers compare integers instead of building a string per key. PROTOCOL.md says what each means.
 * Imported as `Key`.
 */

export const T = 0x54;
export const S = 0x53;
export const t = 0x74;
export const z = 0x7a;
export const x = 0x78;
export const i = 0x69;
export const p = 0x70;
export const s = 0x73;
export const c = 0x63;
export const r = 0x72;
export const bx = 0x7862;
export const bp = 0x7062;
export const bs = 0x7362;
export const ax = 0x7861;
export const ap = 0x7061;
export const as = 0x7361;
export const o = 0x6f;
export const h = 0x68;
export const l = 0x6c;
export const v = 0x76;
export const n = 0x6e;
export const vw = 0x7776;
export const sc = 0x6373;
export const sm = 0x6d73;
export const rc = 0x6372;
export const rm = 0x6d72;
export const u = 0x75;
export const d = 0x64;
export const oi = 0x696f;
export const op = 0x706f;
export const os = 0x736f;
export const oc = 0x636f;
export const ci = 0x6963;
export const cp = 0x7063;
export const cs = 0x7363;
export const cc = 0x6363;
export const a = 0x61;
