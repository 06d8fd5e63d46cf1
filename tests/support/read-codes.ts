import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const require = createRequire(import.meta.url);

/** What a scanner reads off a picture, by the kind of code: the same code that tills run, compiled to WebAssembly. */
export async function readCodes(png: Buffer): Promise<Record<string, string>> {
  const wasmBinary = readFileSync(require.resolve("zxing-wasm/reader/zxing_reader.wasm"));
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasmBinary).buffer } });
  const found = await readBarcodes(new Uint8Array(png), { formats: ["QRCode", "Code128"] });
  return Object.fromEntries(found.map(({ format, text }) => [format, text]));
}
