import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';

/** A way to the database with something in between. Closed after the file. */
export interface DatabaseProxy {
  /** Of the same database. */
  readonly url: string;
  /** From now on neither side hears the other, and no connection is closed. */
  goSilent(): void;
  /** The same of the connections there are. New ones get through. */
  leaveHanging(): void;
  /** Ends the connections there are, and new ones as soon as they come. */
  refuse(): void;
  /** Ends the connections there are, and lets new ones through. */
  recover(): void;
}

/** @param swallows notifications: as a pooler does that gives each statement the next free connection */
export async function startDatabaseProxy(
  databaseUrl: string,
  { swallows = false }: { swallows?: boolean } = {},
): Promise<DatabaseProxy> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isSilent = false;
  let isRefusing = false;
  /** Connections made before this many were do not get through. */
  let hanging = 0;
  let made = 0;
  const proxy = createServer((client) => {
    if (isRefusing) return client.destroy();
    const number = made++;
    const hangs = () => isSilent || number < hanging;
    const server = connect(Number(port), hostname);
    const filter = swallows ? withoutNotifications() : (bytes: Buffer) => bytes;
    for (const socket of [client, server]) {
      sockets.add(socket.on('error', () => {}));
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (bytes) => hangs() || server.write(bytes));
    server.on('data', (bytes) => hangs() || client.write(filter(bytes)));
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    cut();
    proxy.close();
  });
  const address = {
    hostname: '127.0.0.1',
    port: String((proxy.address() as AddressInfo).port),
  };
  return {
    url: Object.assign(new URL(databaseUrl), address).href,
    goSilent() {
      isSilent = true;
    },
    leaveHanging() {
      hanging = made;
    },
    refuse() {
      isRefusing = true;
      cut();
    },
    recover() {
      isSilent = false;
      isRefusing = false;
      cut();
    },
  };
}

/** What the server sends: messages of a letter, the length of the rest, and the rest. */
function withoutNotifications(): (bytes: Buffer) => Buffer {
  let pending = Buffer.alloc(0);
  return (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    const kept: Buffer[] = [];
    while (pending.length >= 5 && pending.length >= 1 + pending.readInt32BE(1)) {
      const length = 1 + pending.readInt32BE(1);
      if (String.fromCharCode(pending[0]!) !== 'A') kept.push(pending.subarray(0, length));
      pending = pending.subarray(length);
    }
    return Buffer.concat(kept);
  };
}
