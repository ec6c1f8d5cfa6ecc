// The peer: sharp, one thread, at the same quality and effort. Without arguments it only loads the library.
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.resolve(".local/bench/images/package.json"));
const sharp = require("sharp");

const [from, to, side] = process.argv.slice(2);
sharp.cache(false);
sharp.concurrency(1);
if (from) {
  await sharp(from)
    .rotate()
    .flatten({ background: "white" })
    .resize(Number(side), Number(side), { fit: "inside", withoutEnlargement: true, kernel: "lanczos3" })
    .webp({ quality: 85, effort: 4 })
    .toFile(to);
}
