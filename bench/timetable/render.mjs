// Draws sheets in headless Chromium: each as PNG at twice CSS's 96 dots an inch, as PDF, and as the print that a camera is
// held over, a PNG at four times as many dots.
//
//   node render.mjs FONTS OUT PRINTS SHEET.html...
//
// FONTS is the folder of @fontsource packages. A sheet that does not fit its page, or that one of these fonts fails on,
// is an error.

import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { launch } from "../../tests/browser/harness/launch.js";

const SCALE = 2;
// No fewer dots than a photograph of 12 megapixels has for the same sheet.
const PRINT_SCALE = 4;
// The fonts that schools use most and Debian lacks: shapes like Comic Sans, widths of Calibri.
const FAMILIES = { "comic-neue": "Comic Neue", carlito: "Carlito" };

const [fonts, out, prints, ...sheets] = process.argv.slice(2);

function face(name, weight) {
  const file = path.join(fonts, name, "files", `${name}-latin-${weight}-normal.woff2`);
  const data = readFileSync(file).toString("base64");
  return `@font-face { font-family: "${FAMILIES[name]}"; font-weight: ${weight}; src: url(data:font/woff2;base64,${data}) }`;
}

const faces = Object.keys(FAMILIES).flatMap((name) => [400, 700].map((weight) => face(name, weight))).join("\n");

async function open(context, sheet) {
  const page = await context.newPage();
  await page.goto(pathToFileURL(path.resolve(sheet)).href);
  await page.addStyleTag({ content: faces });
  const { width, height, over } = await page.evaluate(async () => {
    await document.fonts.ready;
    const failed = [...document.fonts].filter((font) => font.status === "error").map((font) => font.family);
    if (failed.length > 0) throw new Error(`no font ${failed}`);
    const { clientWidth: width, clientHeight: height, scrollWidth, scrollHeight } = document.body;
    const over = scrollWidth > width || scrollHeight > height;
    return { width, height, over };
  });
  if (over) throw new Error(`${sheet} does not fit its page`);
  await page.setViewportSize({ width, height });
  return page;
}

const browser = await launch();
try {
  const context = await browser.newContext({ deviceScaleFactor: SCALE });
  const printer = await browser.newContext({ deviceScaleFactor: PRINT_SCALE });
  for (const sheet of sheets) {
    const name = path.basename(sheet, ".html");
    const page = await open(context, sheet);
    await page.screenshot({ path: path.join(out, `${name}.png`) });
    await page.pdf({ path: path.join(out, `${name}.pdf`), preferCSSPageSize: true, printBackground: true });
    await page.close();
    const print = await open(printer, sheet);
    await print.screenshot({ path: path.join(prints, `${name}.png`) });
    await print.close();
  }
} finally {
  await browser.close();
}
