import { createContext, type ReactNode, use, useState } from "react";
import type { Messages } from "./en.ts";
import { type Format, formatFor, type Locale } from "./format.ts";

interface I18n {
  locale: Locale;
  t: Messages;
  format: Format;
  setLocale: (locale: Locale) => void;
}

const KEPT = "tiketi:locale";
const Context = createContext<I18n | null>(null);

/** The language chosen earlier, else the browser's. */
export function preferredLocale(): Locale {
  const kept = localStorage.getItem(KEPT);
  if (kept === "ko" || kept === "en") return kept;
  return navigator.languages.find((tag) => /^(ko|en)\b/.test(tag))?.startsWith("en") ? "en" : "ko";
}

export async function loadMessages(locale: Locale): Promise<Messages> {
  return locale === "ko" ? (await import("./ko.ts")).ko : (await import("./en.ts")).en;
}

interface Props {
  locale: Locale;
  messages: Messages;
  children: ReactNode;
}

export function I18nProvider({ locale, messages, children }: Props) {
  const [chosen, choose] = useState({ locale, t: messages });
  const setLocale = (next: Locale) => {
    void loadMessages(next).then((t) => {
      localStorage.setItem(KEPT, next);
      document.documentElement.lang = next;
      choose({ locale: next, t });
    });
  };
  const value = { ...chosen, format: formatFor(chosen.locale), setLocale };
  return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
  const value = use(Context);
  if (!value) throw new Error("useI18n outside of I18nProvider");
  return value;
}
