// A real ActivityPub server made with Fedify, for fedirec's tests to talk to. Two people live here.
// ActivityPub is spoken over TLS; the tests steer it through a plain HTTP port on loopback.
//
// Environment: PEER_HOST (host:port of its ids), CONTROL_PORT, TLS_CERT, TLS_KEY (files),
// FIRST_KNOCK (a signature scheme), NODE_EXTRA_CA_CERTS (the private CA).

import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import {
  createFederation,
  generateCryptoKeyPair,
  InProcessMessageQueue,
  MemoryKvStore,
} from "@fedify/fedify";
import { Accept, Activity, Application, Endpoints, Follow, Note, Person } from "@fedify/vocab";

// Fedify 2.3 asks for it, and Node 20 has none
globalThis.navigator ??= { userAgent: "Node.js" };

const host = process.env.PEER_HOST;
const origin = `https://${host}`;
const people = new Set(["dan", "eve"]);
const keys = new Map();
const followers = new Map([...people].map((name) => [name, new Map()]));
const notes = new Map();
const verified = [];
const raw = [];

const federation = createFederation({
  kv: new MemoryKvStore(),
  queue: new InProcessMessageQueue(),
  origin,
  allowPrivateAddress: true,
  firstKnock: process.env.FIRST_KNOCK,
});

federation
  .setActorDispatcher("/people/{identifier}", async (context, identifier) => {
    const isServer = identifier === "server";
    if (!isServer && !people.has(identifier)) return null;
    const pairs = await context.getActorKeyPairs(identifier);
    const Kind = isServer ? Application : Person;
    return new Kind({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      name: identifier,
      url: context.getActorUri(identifier),
      inbox: context.getInboxUri(identifier),
      outbox: context.getOutboxUri(identifier),
      followers: context.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher(async (_context, identifier) => {
    if (!keys.has(identifier)) {
      keys.set(identifier, [
        await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
        await generateCryptoKeyPair("Ed25519"),
      ]);
    }
    return keys.get(identifier);
  });

federation.setFollowersDispatcher("/people/{identifier}/followers", (_context, identifier) => ({
  items: [...(followers.get(identifier)?.values() ?? [])],
}));
federation.setOutboxDispatcher("/people/{identifier}/outbox", () => ({ items: [] }));
federation.setObjectDispatcher(Note, "/notes/{id}", (_context, { id }) => notes.get(id) ?? null);

federation
  .setInboxListeners("/people/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: "server" }))
  .on(Follow, async (context, follow) => {
    await record(follow);
    const followed = context.parseUri(follow.objectId);
    const follower = await follow.getActor(context);
    followers.get(followed.identifier).set(follower.id.href, {
      id: follower.id,
      inboxId: follower.inboxId,
      endpoints: follower.endpoints,
    });
    const accept = new Accept({
      id: new URL(`${origin}/accepts/${crypto.randomUUID()}`),
      actor: follow.objectId,
      object: follow,
    });
    await context.sendActivity({ identifier: followed.identifier }, follower, accept);
  })
  .on(Activity, async (_context, activity) => {
    await record(activity);
  });

async function record(activity) {
  verified.push(await activity.toJsonLd());
}

const commands = {
  async lookup({ as, what }) {
    const context = federation.createContext(new URL(origin), undefined);
    const documentLoader = await context.getDocumentLoader({ identifier: as });
    const found = await context.lookupObject(what, { documentLoader });
    return found === null ? null : await found.toJsonLd();
  },
  async fetch({ as, url }) {
    const context = federation.createContext(new URL(origin), undefined);
    const load = await context.getDocumentLoader({ identifier: as });
    return (await load(url)).document;
  },
  // `to` is an actor's id, or "followers"; what is sent is read and written by Fedify's own classes.
  async send({ as, to, activity, note }) {
    const context = federation.createContext(new URL(origin), undefined);
    if (note) notes.set(note.id.split("/").at(-1), await Note.fromJsonLd(note));
    const parsed = await Activity.fromJsonLd(activity);
    const recipient = to === "followers" ? to : await context.lookupObject(to, {
      documentLoader: await context.getDocumentLoader({ identifier: as }),
    });
    await context.sendActivity({ identifier: as }, recipient, parsed, { immediate: true });
    return { sent: activity.id };
  },
  verified: () => verified,
  raw: () => raw,
};

async function answer(request, response) {
  const body = [];
  for await (const chunk of request) body.push(chunk);
  const url = new URL(request.url, origin);
  const isPost = request.method === "POST";
  const bytes = Buffer.concat(body);
  if (isPost) {
    raw.push({ path: url.pathname, headers: request.headers, body: bytes.toString() });
  }
  const answered = await federation.fetch(
    new Request(url, {
      method: request.method,
      headers: Object.entries(request.headers).filter(([name]) => !name.startsWith(":")),
      body: isPost ? bytes : undefined,
    }),
    { contextData: undefined },
  );
  if (isPost) raw.at(-1).status = answered.status;
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(Buffer.from(await answered.arrayBuffer()));
}

async function control(request, response) {
  const body = [];
  for await (const chunk of request) body.push(chunk);
  try {
    const parameters = body.length ? JSON.parse(Buffer.concat(body)) : {};
    const result = await commands[request.url.slice(1)](parameters);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(result));
  } catch (error) {
    response.writeHead(500, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}

const tls = { cert: readFileSync(process.env.TLS_CERT), key: readFileSync(process.env.TLS_KEY) };
createHttps(tls, answer).listen(Number(host.split(":")[1]), "127.0.0.1", () => {
  createHttp(control).listen(Number(process.env.CONTROL_PORT), "127.0.0.1", () => {
    console.log("ready");
  });
});
