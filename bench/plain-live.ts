/**
 * A program with the plainest live counts that graphql-ws and Yoga's pub/sub make: what ours are
 * compared with. The same types, a mutation that counts one more and publishes, nothing checked.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DateTimeResolver, SafeIntResolver } from 'graphql-scalars';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';

const typeDefs = `
  scalar DateTime
  scalar SafeInt
  type SessionTotals {
    started: SafeInt! confirmed: SafeInt! cancelled: SafeInt! expired: SafeInt! used: SafeInt!
  }
  type SessionCounts {
    id: ID! pending: SafeInt! today: SessionTotals! lifetime: SessionTotals! at: DateTime!
  }
  type Query { ok: Boolean }
  type Mutation { startSession: SafeInt! }
  type Subscription { liveSessionCounts: SessionCounts! }`;

let started = 0;

function countNow() {
  const totals = { started, confirmed: 0, cancelled: 0, expired: 0, used: 0 };
  const id = 'counts:env_01kafq2v5eef9s7w3gqk4x8n2m';
  return { id, pending: started, today: totals, lifetime: totals, at: new Date() };
}

const pubSub = createPubSub<{ counts: [ReturnType<typeof countNow>] }>();
const schema = createSchema({
  typeDefs,
  resolvers: {
    DateTime: DateTimeResolver,
    SafeInt: SafeIntResolver,
    Mutation: {
      startSession() {
        started += 1;
        pubSub.publish('counts', countNow());
        return started;
      },
    },
    Subscription: {
      liveSessionCounts: {
        subscribe: () => pubSub.subscribe('counts'),
        resolve: (counts: ReturnType<typeof countNow>) => counts,
      },
    },
  },
});

const server = createServer(createYoga({ schema }));
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
await once(server.listen(0, '127.0.0.1'), 'listening');
process.stdout.write(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
