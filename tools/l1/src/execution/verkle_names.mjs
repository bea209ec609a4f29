// A resolve hook for the execution client's process. The client's last release is older than its libraries' Osaka
// rules, and names three things of the abandoned Verkle work that those no longer have. It never uses them with our
// flags; it only has to be able to import them.
const PACKAGE = '@ethereumjs/statemanager';
const SHIM = new URL('./statemanager.mjs', import.meta.url).href;

export function resolve(specifier, context, next) {
  return specifier === PACKAGE && context.parentURL !== SHIM
    ? { url: SHIM, shortCircuit: true }
    : next(specifier, context);
}
