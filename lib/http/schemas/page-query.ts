/** The parameters of a page's address, as Next gives them. */
export type PageQuery = Readonly<Record<string, string | string[] | undefined>>;
