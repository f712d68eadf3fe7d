import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/ui.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { SessionProvider } from "./core/session.tsx";
import { I18nProvider, loadMessages, preferredLocale } from "./i18n/index.tsx";

const locale = preferredLocale();
document.documentElement.lang = locale;
const messages = await loadMessages(locale);

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <I18nProvider locale={locale} messages={messages}>
      <SessionProvider>
        <App />
      </SessionProvider>
    </I18nProvider>
  </StrictMode>,
);
