import type { Client } from '@urql/core';
import { WebSocket } from 'ws';
import { createLatchkeyClient, type LatchkeyClient } from '../urql.ts';
import { withCookies, withTimeout } from './fetch.ts';
import type { Story } from './story.ts';

/** Who takes part, each with the credential that they have in real life, and no other. */
export interface Cast {
  /** Of the server, without a slash at its end. */
  url: string;
  story: Story;
  /** A person in a browser, whose cookie signs them in. */
  owner: Client;
  /** A device or page without a key. What it may do, client secrets and link tokens decide. */
  device: LatchkeyClient;
  /** An app or server with an API key. */
  withKey(apiKey: string): LatchkeyClient;
}

/** @param send how requests are sent; a test looks at each of them */
export function createCast(url: string, story: Story, send: typeof fetch): Cast {
  const heard = story.listen(withTimeout(send));
  return {
    url,
    story,
    owner: createLatchkeyClient({ url, fetch: withCookies(heard) }),
    device: createLatchkeyClient({ url, fetch: heard, webSocket: WebSocket }),
    withKey: (apiKey) => createLatchkeyClient({ url, apiKey, fetch: heard, webSocket: WebSocket }),
  };
}

/** The project of the demonstration and what opens it. */
export interface Shop {
  projectId: string;
  version: number;
  /** The value of Production's secret key. Never printed. */
  secret: string;
  developmentId: string;
  developmentKey: string;
}
