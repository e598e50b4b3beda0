/** Stands for a schema's fast path of msgpack in bundles for browsers, which speak JSON alone. */
export const msgpackFastPath: undefined = undefined;
