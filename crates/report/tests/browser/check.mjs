// Looks at rendered reports in a headless browser: `node check.mjs [--pictures DIR] FILE.html...`.
//
// Goal: a report opens nothing but itself, runs without an error, and can be read by everybody.
// Method: html-validate over the text; then Chromium with axe-core in light, dark and narrow; all folded parts are
// opened before axe looks. Prints one line per file and exits 1 when something is found. With `--pictures` the pages
// that people ask for by name are photographed too: light, dark, narrow and on paper. One that is not there is found.
import { mkdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const files = process.argv.slice(2);
const pictures = files[0] === "--pictures" ? files.splice(0, 2)[1] : null;
if (pictures) await mkdir(pictures, { recursive: true });
const problems = [];

const rules = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: {
    // Matters of taste, not of correctness: our writer puts everything on long lines.
    "long-title": "off",
    "no-trailing-whitespace": "off",
  },
});

// The pages by name, and where each stands. The finding is one that unfolds to an excerpt.
const NAMED = {
  summary: "#summary",
  management: "#management",
  changes: "#changes",
  act: "#acts .act",
  control: "article.finding",
  finding: "article.finding:has(.items details pre)",
  unseen: "#not-seen",
  inputs: "#inputs",
};

async function photograph(file, say) {
  const address = pathToFileURL(file).href;
  for (const [look, settings] of Object.entries({
    light: { viewport: { width: 1280, height: 900 } },
    dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
    narrow: { viewport: { width: 390, height: 844 } },
    paper: { viewport: { width: 794, height: 1123 } },
  })) {
    const page = await browser.newPage(settings);
    page.setDefaultTimeout(180_000);
    if (look === "paper") await page.emulateMedia({ media: "print" });
    await page.goto(address);
    for (const [name, place] of Object.entries(NAMED)) {
      const part = page.locator(place).first();
      if ((await part.count()) === 0) {
        say(`there is no page \`${name}\` (${place})`);
        continue;
      }
      if (name === "finding") {
        // All that is folded in it, as a reader opens it.
        await part.evaluate((article) => article.querySelectorAll(".items details").forEach((one) => (one.open = true)));
      }
      const path = join(pictures, `${basename(file, ".html")}-${name}-${look}.png`);
      // Of the whole page a part is cut out: waiting for an element to stand still takes long on a busy machine.
      const clip = await part.boundingBox();
      await page.screenshot({ path, clip, fullPage: true, timeout: 180_000 });
    }
    await page.close();
  }
}

for (const file of files) {
  const report = await rules.validateFile(file);
  for (const result of report.results) {
    for (const message of result.messages.filter((message) => message.severity === 2)) {
      problems.push(`${file}:${message.line}:${message.column} ${message.ruleId}: ${message.message}`);
    }
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
for (const file of files) {
  const address = pathToFileURL(file).href;
  const looks = [
    { name: "light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    { name: "dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
    { name: "narrow", viewport: { width: 360, height: 740 }, colorScheme: "light" },
  ];
  // A long report looks like a short one: once is enough for what axe needs a minute for.
  const { size } = await stat(file);
  for (const { name, ...look } of size > 2e6 ? looks.slice(2) : looks) {
    // The page's own policy stays in force; axe comes in over the debugger, not as a script of the page.
    const page = await browser.newPage(look);
    const say = (text) => problems.push(`${file} (${name}): ${text}`);
    page.on("console", (message) => message.type() === "error" && say(`console: ${message.text()}`));
    page.on("pageerror", (error) => say(`script: ${error.message}`));
    page.on("request", (request) => request.url() !== address && say(`request: ${request.url()}`));
    page.on("dialog", (dialog) => (say(`dialog: ${dialog.message()}`), dialog.dismiss()));
    await page.goto(address);
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    const figures = await page.evaluate(() => {
      const paint = performance.getEntriesByName("first-contentful-paint")[0];
      const words = document.getElementById("words");
      const start = performance.now();
      words.value = "payments";
      words.dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
      const filter = performance.now() - start;
      words.value = "";
      words.dispatchEvent(new Event("input"));
      const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
      let nodes = 0;
      while (walker.nextNode()) nodes += 1;
      for (const part of document.querySelectorAll("details")) part.open = true;
      const sideways = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      return { paint: paint.startTime, filter, nodes, sideways };
    });
    if (figures.nodes >= 20000) say(`${figures.nodes} nodes`);
    if (figures.sideways > 0) say(`the page scrolls sideways by ${figures.sideways} pixels`);
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        resultTypes: ["violations"],
      }),
    );
    for (const violation of found.violations) {
      if (!["serious", "critical", "moderate"].includes(violation.impact)) continue;
      const where = violation.nodes.slice(0, 3).map((node) => node.target.join(" "));
      say(`axe ${violation.impact} ${violation.id} (${violation.nodes.length}): ${where.join(" | ")}`);
    }
    const { paint, filter, nodes } = figures;
    console.log(`${file} (${name}): ${nodes} nodes, first paint ${paint.toFixed(0)} ms, filter ${filter.toFixed(0)} ms`);
    await page.close();
  }
  if (pictures) await photograph(file, (text) => problems.push(`${file}: ${text}`));
}
await browser.close();

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
