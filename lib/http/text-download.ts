/**
 * A personal file, sent while it is written: what comes next is made when the receiver has taken what came before. If that
 * fails in the middle, the connection breaks off, and nobody takes half a file for a whole one.
 */
import { privateHeaders } from "#lib/http/private-answers.ts";
export function textDownload(
  fileName: string,
  mediaType: string,
  texts: AsyncGenerator<string, void>,
): Response {
  return new Response(streamOf(texts), {
    headers: {
      "Content-Type": `${mediaType}; charset=utf-8`,
      "Content-Disposition": `attachment; filename="${fileName}"`,
      ...privateHeaders,
    },
  });
}

function streamOf(texts: AsyncGenerator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await texts.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      async cancel() {
        await texts.return();
      },
    },
    { highWaterMark: 0 }, // nothing is made before somebody reads
  );
}
