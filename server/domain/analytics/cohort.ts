/**
 * The sessions that analytics count: those that started between two edges, in these environments. Every
 * question to the database is about a cohort, cut into segments by edges that follow each other.
 */
export interface Cohort {
  environmentIds: string[];
  /** Two at least, in order. */
  edges: Date[];
}

export const quarterMs = 900_000;

/** The quarter hour that begins at the instant, counted since 1970. */
export const quarterOf = (instant: Date) => Math.floor(instant.getTime() / quarterMs);
