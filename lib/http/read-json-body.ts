import { DomainError } from "#lib/domain/errors.ts";
import { parseStrictJson } from "#lib/domain/json.ts";

const usualBytesMax = 64 * 1024;

/** The request's body as an object. Refuses `unsupported_media_type`, `body_too_large`, `invalid_json`. */
export async function readJsonBody(
  request: Request,
  bytesMax: number = usualBytesMax,
): Promise<Record<string, unknown>> {
  if (!isJson(request.headers.get("content-type"))) throw new DomainError("unsupported_media_type");
  const text = decodeUtf8(await readBody(request, bytesMax));
  try {
    const value = parseStrictJson(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    // The parser's own words quote the body, which may hold a secret; ours (a key twice, too deep) name a key at most.
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DomainError("invalid_json");
}

/** At most 64 KiB unless `bytesMax` says otherwise, however long the body goes on. */
export async function readBody(request: Request, bytesMax: number = usualBytesMax): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw new DomainError("body_too_large");
  if (!request.body) return new Uint8Array();

  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw new DomainError("body_too_large");
      chunks.push(chunk);
    }
  } catch (error) {
    // The caller has hung up in the middle, which is nobody's fault of ours.
    throw error instanceof DomainError ? error : new DomainError("invalid_json");
  }
  return Buffer.concat(chunks);
}

export function isForm(contentType: string | null): boolean {
  return mediaTypeOf(contentType) === "application/x-www-form-urlencoded";
}

function isJson(contentType: string | null): boolean {
  if (mediaTypeOf(contentType) !== "application/json") return false;
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)"?/i.exec(contentType ?? "")?.[1];
  return charset === undefined || charset.toLowerCase() === "utf-8";
}

function mediaTypeOf(contentType: string | null): string {
  return (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** A byte order mark is no white space in JSON, so it stays and is refused. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DomainError("invalid_json");
  }
}
