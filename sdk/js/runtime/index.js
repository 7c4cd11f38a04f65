// What a page finds in its world, in the order in which it needs one another, and
// then start, which the entry of every page calls.
import "./console.js";
import "./encoding.js";
import "./random.js";
import "./timers.js";
import "./abort.js";
import "./url.js";
import "./headers.js";
import "./stream.js";
import "./fetch.js";
import "./clone.js";

export { start } from "./start.js";
