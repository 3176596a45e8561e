// The neighbour under the same load: a Fedify server as its manual builds one, on plain HTTP.
//
// What it accepts it puts into its message queue and answers 202; store and queue are Fedify's own
// in memory, its quickest, since no driver of this version that writes to a disk is on npm. It is
// the web half of a deployment whose workers run elsewhere: what was accepted is not handled here.
// Deliveries are: FEDIFY_WORKS starts the queue.
//
// Environment: FEDIFY_PORT, FEDIFY_CONTROL_PORT, FEDIFY_WORKS (1 or nothing).

import { createServer } from "node:http";
import {
  createFederation,
  generateCryptoKeyPair,
  InProcessMessageQueue,
  MemoryKvStore,
} from "@fedify/fedify";
import { Activity, Create, Endpoints, Note, Person, PUBLIC_COLLECTION } from "@fedify/vocab";

// Fedify 2.3 asks for it, and Node 20 has none
globalThis.navigator ??= { userAgent: "Node.js" };

const port = Number(process.env.FEDIFY_PORT);
const origin = `http://127.0.0.1:${port}`;
const works = process.env.FEDIFY_WORKS === "1";
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
let followers = [];
let handled = 0;
let queued = 0;

class CountingQueue extends InProcessMessageQueue {
  async enqueue(message, options) {
    queued += 1;
    if (works) await super.enqueue(message, options);
  }
}

const federation = createFederation({
  kv: new MemoryKvStore(),
  queue: works ? new InProcessMessageQueue() : new CountingQueue(),
  manuallyStartQueue: !works,
  origin,
  allowPrivateAddress: true,
  firstKnock: "draft-cavage-http-signatures-12",
});

federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (identifier !== "ada") return null;
    const pairs = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      name: identifier,
      url: context.getActorUri(identifier),
      inbox: context.getInboxUri(identifier),
      followers: context.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher(() => keys);

federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: followers }));

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: "ada" }))
  .on(Activity, () => {
    handled += 1;
  });

const commands = {
  counts: () => ({ handled, queued }),
  follow(people) {
    followers = people.map(({ id, inbox }) => ({ id: new URL(id), inboxId: new URL(inbox) }));
    return { followers: followers.length };
  },
  async send({ words, number }) {
    const context = federation.createContext(new URL(origin), undefined);
    const actor = context.getActorUri("ada");
    const audience = { tos: [PUBLIC_COLLECTION], ccs: [context.getFollowersUri("ada")] };
    const id = new URL(`${origin}/notes/${number}`);
    const note = new Note({ id, attribution: actor, content: `<p>${words}</p>`, ...audience });
    const create = new Create({ id: new URL(`${id}/activity`), actor, object: note, ...audience });
    await context.sendActivity({ identifier: "ada" }, "followers", create);
    return { sent: create.id.href };
  },
};

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function answer(request, response) {
  const isPost = request.method === "POST";
  const answered = await federation.fetch(
    new Request(new URL(request.url, origin), {
      method: request.method,
      headers: request.headers,
      body: isPost ? await bodyOf(request) : undefined,
    }),
    { contextData: undefined },
  );
  const body = Buffer.from(await answered.arrayBuffer());
  const headers = { ...Object.fromEntries(answered.headers), "content-length": body.length };
  response.writeHead(answered.status, headers);
  response.end(body);
}

async function control(request, response) {
  const body = await bodyOf(request);
  const result = await commands[request.url.slice(1)](body.length ? JSON.parse(body) : undefined);
  response.end(JSON.stringify(result));
}

createServer(answer).listen(port, "127.0.0.1", () => {
  createServer(control).listen(Number(process.env.FEDIFY_CONTROL_PORT), "127.0.0.1");
});
