// Writes packages/client/src/contract.ts, the types of the public API and of the live messages, from
// the descriptions that the gateway serves. `--check` only fails when the file is not current.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const served = new URL("../../src/tiketi_gateway/", import.meta.url);
const target = new URL("../packages/client/src/contract.ts", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, served), "utf8"));

const [openapi, asyncapi] = [read("openapi.json"), read("asyncapi.json")];

/** Every message that `operation` lists, as one union that is told apart by `type`. */
function messages(operation) {
  return {
    anyOf: asyncapi.operations[operation].messages.map(({ $ref }) => {
      const name = $ref.split("/").at(-1);
      const { summary, payload } = asyncapi.components.messages[name];
      return { description: summary, ...payload };
    }),
  };
}

/** The schema as the compiler takes it: older words for tuples, and objects that are closed where
 * their members are named. */
function plain(schema) {
  if (Array.isArray(schema)) return schema.map(plain);
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.$ref) return { $ref: schema.$ref.replace("#/components/schemas/", "#/$defs/") };
  const { title, default: _, prefixItems, description, properties, ...rest } = schema;
  const made = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, plain(value)]));
  if (description) made.description = description.replace(/\s+/g, " ");
  if (prefixItems) Object.assign(made, { items: plain(prefixItems), additionalItems: false });
  if (properties) {
    made.properties = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [key, plain(value)]),
    );
    made.additionalProperties = false;
  } else if (made.type === "object") made.additionalProperties ??= true;
  return made;
}

const schemas = {
  ...openapi.components.schemas,
  ...asyncapi.components.schemas,
  ServerMessage: messages("hear"),
  ClientMessage: messages("say"),
};
const root = { $defs: plain({ properties: schemas }).properties };
const compiled = await compile(root, "Root", {
  unreachableDefinitions: true,
  bannerComment:
    "// Generated from the gateway's openapi.json and asyncapi.json by `make openapi`.",
  style: { printWidth: 100 },
});
const text = compiled
  .replace(/export interface Root \{[^}]*\}\n/, "")
  .replace(/(\/\*\*\n| \*\n) \* This interface was referenced by `Root`'s[^/]*\*\//g, (_, start) =>
    start.startsWith("/") ? "" : " */",
  )
  .replace(/\n{3,}/g, "\n\n");

if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  process.stderr.write("packages/client/src/contract.ts is not current: run `make openapi`\n");
  process.exit(1);
}
