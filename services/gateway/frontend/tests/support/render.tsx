import { cleanup, configure, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach } from "vitest";
import { en } from "../../src/i18n/en.ts";
import { I18nProvider } from "../../src/i18n/index.tsx";
import { ko } from "../../src/i18n/ko.ts";

// A machine that does much else besides is no fault of the page.
configure({ asyncUtilTimeout: 10_000 });
afterEach(cleanup);

/** Renders in English, as a page would be. */
export function show(children: ReactNode) {
  return render(
    <I18nProvider locale="en" messages={en}>
      {children}
    </I18nProvider>,
  );
}

export function showInKorean(children: ReactNode) {
  return render(
    <I18nProvider locale="ko" messages={ko}>
      {children}
    </I18nProvider>,
  );
}
