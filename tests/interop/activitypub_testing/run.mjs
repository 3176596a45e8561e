// Runs the test cases of activitypub-testing against one actor, one after the other, and prints one
// JSON line for each: { slug, outcome, info }. Unlike the package's own command it hands the
// authorization to every case, so that the inbox is read as its owner reads it.
//
// Environment: ACTOR (the actor's id), AUTHORIZATION (the header's value).

import { activityPubTestCases } from "activitypub-testing/test-cases";

const authorization = process.env.AUTHORIZATION;
const accept = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"';
const response = await fetch(process.env.ACTOR, { headers: { accept, authorization } });
const object = await response.text();
const { id, outbox } = JSON.parse(object);
const inputs = { id, actor: object, object, outbox, authorization, time: "T5S" };

for (const testCase of activityPubTestCases) {
  let result;
  try {
    result = await testCase.run({ ...inputs });
  } catch (error) {
    result = { outcome: "broken", info: String(error?.stack ?? error) };
  }
  const { outcome, info } = result;
  console.log(JSON.stringify({ slug: testCase.slug, outcome, info }));
}
