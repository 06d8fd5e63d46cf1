import { toSVG } from "bwip-js/node";

/** A code for a till's scanner, drawn on the server: a QR code, or a Code 128 barcode. */
export function ScanCode({
  kind,
  text,
  label,
  className,
}: {
  kind: "qrcode" | "code128";
  text: string;
  label: string;
  className: string;
}) {
  const svg = toSVG({ bcid: kind, text, ...(kind === "code128" ? { height: 12 } : {}), padding: 2 });
  const source = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  return (
    <img
      src={source}
      alt={label}
      className={`${className} object-contain`}
      style={{ imageRendering: "pixelated" }}
    />
  );
}
