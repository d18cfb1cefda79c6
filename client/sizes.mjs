/**
 * What a browser loads before a page stands: fails when any page takes more JavaScript than may be.
 * What is loaded by reaching for it (dialogs, menus) is not part of that.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const kilobytesMax = 130;
const folder = new URL('../dist/client/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', folder), 'utf8'));

/** All files that come with these, at once. */
function closureOf(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    closureOf(manifest[name].imports ?? [], found);
  }
  return found;
}

function kilobytesOf(names) {
  const bytes = [...names].map(
    (name) => gzipSync(readFileSync(new URL(manifest[name].file, folder)), { level: 9 }).length,
  );
  return bytes.reduce((sum, each) => sum + each, 0) / 1000;
}

const pages = Object.keys(manifest).filter((name) => name.startsWith('pages/'));
const sizes = pages
  .map((page) => {
    const shell = /SignIn|SignUp|ResetPassword|Invitation|Confirm/.test(page)
      ? []
      : ['components/Shell.tsx'];
    return { page, kilobytes: kilobytesOf(closureOf(['index.html', page, ...shell])) };
  })
  .sort((one, other) => other.kilobytes - one.kilobytes);

process.stdout.write(`Initial JavaScript, gzipped (at most ${kilobytesMax} kB):\n`);
for (const { page, kilobytes } of sizes) {
  process.stdout.write(`${kilobytes.toFixed(1).padStart(8)} kB  ${page}\n`);
}
if (sizes.length === 0 || sizes[0].kilobytes > kilobytesMax) process.exit(1);
