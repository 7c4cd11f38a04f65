// The functions of the shim (engine/shim.c), which nobody else is to have.
export const host = globalThis["wisr:host"];
delete globalThis["wisr:host"];
