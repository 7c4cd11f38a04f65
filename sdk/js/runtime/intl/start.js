// Imported by pages that name Intl or what goes by it.
import { install } from "./index.js";

install(globalThis);
