// The npm packages that the checks of workflows use, from the directory that
// `./dev test` installs them into.
import fs from "node:fs";
import { createRequire, register } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [directory] = process.argv.slice(2);

// GitHub's packages import JSON files without saying that they are JSON, for
// bundlers that do not mind.
register(
  "data:text/javascript," +
    encodeURIComponent(`
import fs from "node:fs";
import { fileURLToPath } from "node:url";
export async function load(url, context, next) {
  if (!url.endsWith(".json"))
    return next(url, context);
  const text = fs.readFileSync(fileURLToPath(url), "utf8");
  return { format: "module", shortCircuit: true,
           source: "export default " + text };
}`)
);

const require = createRequire(path.resolve(directory) + "/");

export const load = (name) =>
  import(pathToFileURL(path.resolve(directory, name)).href);
export const common = (name) => require(`./${name}`);
export const json = (name) =>
  JSON.parse(fs.readFileSync(path.resolve(directory, name), "utf8"));
