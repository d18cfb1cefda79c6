/** A receiver of webhooks, as docs/webhooks.md has it, for a secret in its environment. */
export const receiverSnippet = `// npm install standardwebhooks
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.LATCHKEY_WEBHOOK_SECRET);

createServer(async (request, response) => {
  const body = await text(request); // the signature covers these bytes
  try {
    const event = webhook.verify(body, request.headers);
    console.log(request.headers['webhook-id'], event.type);
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
}).listen(3000);`;
