/// <reference types="vite/client" />

/** Filled in by vite.config.ts. */
declare const __POSSIBLE_TYPES__: Record<string, string[]>;
