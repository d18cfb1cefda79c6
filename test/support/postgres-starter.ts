/**
 * A process of its own that starts the embedded PostgreSQL in the directory it is given, tells its
 * parent the URL, and lives on until it is killed, or asked to stop by any message.
 */
import { startEmbeddedPostgres } from '../../server/platform/embedded-postgres.ts';

const [, , dataDir = ''] = process.argv;
const server = await startEmbeddedPostgres(dataDir, { settings: { fsync: 'off' } });
process.once('message', async () => {
  await server.stop();
  process.exit(0);
});
process.send?.({ url: server.url, adopted: server.adopted });
