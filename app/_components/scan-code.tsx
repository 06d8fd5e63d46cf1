import { toSVG } from "bwip-js/node";
import QuickLRU from "quick-lru";

type Kind = "qrcode" | "code128";

// To draw one takes milliseconds, and a code never looks different.
const drawingsMax = 500; // the cache may hold up to twice as many
const drawings = new QuickLRU<string, string>({ maxSize: drawingsMax });

// A Code 128 barcode holds ASCII, and is too wide for a phone beyond this.
const barcodeTakes = /^[ -~]{1,24}$/;

/** Whether a text can be a barcode that a phone shows. */
export function isBarcodeText(text: string): boolean {
  return barcodeTakes.test(text);
}

/** A code's picture as a data URL. */
export function drawScanCode(kind: Kind, text: string): string {
  const key = `${kind} ${text}`;
  const drawing = drawings.get(key) ?? draw(kind, text);
  drawings.set(key, drawing);
  return drawing;
}

function draw(kind: Kind, text: string): string {
  const svg = toSVG({ bcid: kind, text, ...(kind === "code128" ? { height: 12 } : {}), padding: 2 });
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** A code for a till's scanner, drawn on the server: a QR code, or a Code 128 barcode. */
export function ScanCode({
  kind,
  text,
  label,
  className,
}: {
  kind: Kind;
  text: string;
  label: string;
  className: string;
}) {
  return (
    <img
      src={drawScanCode(kind, text)}
      alt={label}
      className={`${className} object-contain`}
      style={{ imageRendering: "pixelated" }}
    />
  );
}
