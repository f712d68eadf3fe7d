// Reads ScaledObjects as a JSON array from stdin; exits 1 with the reason where one is not valid.
import { readFileSync } from "node:fs";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";

for (const manifest of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    new ScaledObject(manifest).validate();
  } catch (error) {
    console.error(`${manifest.metadata?.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
