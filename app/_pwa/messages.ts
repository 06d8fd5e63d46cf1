/** What pages ask of the service worker. */
export type WorkerMessage =
  /** A member's page is open: have ready what it takes to open without a network. */
  | {
      type: "keep";
      memberId: string;
      /** Of what the copy holds, as far as every page knows it. */
      revision: string;
      /** This page shows what has changed, perhaps, without another revision: a ticket's code. */
      mustRenew: boolean;
      /** Which offline page fits: its programme's look, its language and theme, and the build that it belongs to. */
      shell: string;
    }
  /** Somebody leaves: nothing of theirs stays, and nothing that is on its way is kept. Answered by the port, once it is so. */
  | { type: "forget" };
