/** A process with GraphQL Yoga as it comes: the floor that ours stands on. Answers its port. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import { answerTasks } from './processes.ts';

answerTasks(async (_: object): Promise<number> => {
  const schema = createSchema({ typeDefs: 'type Query { ok: Boolean }' });
  const server = createServer(createYoga({ schema }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
});
