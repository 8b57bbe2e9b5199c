// Bundles every script and stylesheet that lies directly in this folder into ../dist, under its own name.
// `npm run build` once, `npm run watch` while writing.
import { readdirSync, rmSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "dist");
const entryPoints = readdirSync(here).filter((name) => [".js", ".css"].includes(extname(name)));

const options = {
  absWorkingDir: here,
  entryPoints,
  outdir: out,
  entryNames: "[name]",
  assetNames: "[name]-[hash]",
  bundle: true,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark() in CSS
  loader: { ".woff2": "file" },
  minify: true,
  legalComments: "eof",
  logLevel: "info",
};

rmSync(out, { recursive: true, force: true });
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  await esbuild.build(options);
}
