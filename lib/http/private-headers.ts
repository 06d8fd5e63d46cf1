/** An answer that is one person's alone: nobody keeps it. */
export const privateHeaders = { "Cache-Control": "private, no-store" } as const;
