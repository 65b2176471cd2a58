// Copies the browser scripts the portal uses from node_modules into
// ../static/vendor, where the server embeds them. The portal works without
// them; with them the part of a page that changed is swapped in place.
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static", "vendor");
const scripts = [
  ["htmx.org/dist/htmx.min.js", "htmx.min.js"],
  ["htmx-ext-sse/dist/sse.min.js", "sse.min.js"],
];

await mkdir(target, { recursive: true });
for (const [from, to] of scripts) {
  await copyFile(join(here, "node_modules", from), join(target, to));
  console.log(`static/vendor/${to}`);
}
