import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

export interface FoundChromium {
  path: string | null;
  args: string[];
  /** Why no browser can run here; null where one can. */
  reason: string | null;
}

/** Where the browser is: CHROME_PATH, or the one that comes from npm for Linux on x64. */
export async function findChromium(): Promise<FoundChromium> {
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--font-render-hinting=none'];
  const own = process.env.CHROME_PATH;
  if (own) {
    const reason = existsSync(own) ? null : `CHROME_PATH names ${own}, which is not there.`;
    return { path: own, args, reason };
  }
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64' || !hasGlibc()) {
    const reason = `no Chromium comes from npm for this system (${platform} ${arch}). Set CHROME_PATH to one.`;
    return { path: null, args, reason };
  }
  // So that it unpacks the libraries that it needs beside itself.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x';
  const { default: packed } = await import('@sparticuz/chromium');
  // Without a graphics card. Its other arguments switch off what we test, such as web security.
  const graphics = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
  return { path: await packed.executablePath(), args: [...args, ...graphics], reason: null };
}

/** The libraries that it comes with are built for it. */
function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

export function launchChromium({ path, args }: FoundChromium): Promise<Browser> {
  return chromium.launch({ executablePath: path ?? undefined, args });
}
