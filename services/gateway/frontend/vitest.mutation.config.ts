import { mergeConfig } from "vitest/config";
import base from "./vite.config.ts";

/** For Stryker: the tests of the modules that it changes, without those that render pages. */
const config = mergeConfig(base, {});
config.test = {
  ...config.test,
  include: [
    "packages/client/tests/**/*.test.ts",
    "tests/seats/*.test.ts",
    "tests/organiser/*.test.ts",
    "tests/door/code.test.ts",
    "tests/line/*.test.ts",
    "tests/i18n/format.test.ts",
  ],
};
export default config;
