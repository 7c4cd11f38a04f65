/**
 * Pages for wisr in AssemblyScript.
 *
 * A page is three functions: which paths there are, the data of a path, and what
 * it looks like. wisr runs them in a sandbox, keeps what they made, and makes it
 * anew when it is too old. README.md has a whole page.
 *
 * The entry file of a page registers its functions, and exports those that wisr calls:
 *
 *     export { getStaticPaths, getStaticProps, render } from "@wisr/assemblyscript";
 *
 * Nothing is ever freed (asconfig.json chooses the stub runtime): every
 * generation has a fresh instance.
 */
export { Input, PathsInput, Paths, Fallback, Result, register } from "./lib/page";
export { getStaticPaths, getStaticProps, render } from "./lib/page";
export { Json, JsonKind } from "./lib/json";
export { Text, escape } from "./lib/text";
export { Request, Response, fetch, fetchAll, tryFetchAll } from "./lib/fetch";
export { config, log } from "./lib/host";
