import { type ReactNode, useEffect, useRef } from "react";
import { useBasket } from "../core/basket.ts";
import { secondsUntil, useNow } from "../core/clock.ts";
import { useHeldSeats } from "../core/held.ts";
import { Link, usePath } from "../core/router.tsx";
import { loginPath, useSession } from "../core/session.tsx";
import { useI18n } from "../i18n/index.tsx";
import { Toasts, toast } from "../ui/feedback.tsx";
import { Icon, type IconName } from "../ui/icons.tsx";

export interface Layout {
  /** A column for reading and forms, or a page up to the edges. */
  width?: "narrow" | "bleed";
  /** One task: the tabs at the bottom make room. */
  focus?: boolean;
}

export function Shell({ layout, children }: { layout: Layout; children: ReactNode }) {
  const { t } = useI18n();
  const path = usePath();
  const { user } = useSession();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  useHeldSeats(Boolean(user) && !layout.focus, () => toast(t.waitlist.offered));

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new path is what moves the focus
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);

  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t.nav.skip}
      </a>
      <Header path={path} />
      <main
        id="main"
        ref={main}
        className="main"
        tabIndex={-1}
        data-narrow={layout.width === "narrow" || undefined}
        data-bleed={layout.width === "bleed" || undefined}
        data-focus={layout.focus || undefined}
      >
        {children}
      </main>
      {!layout.focus && <Tabs path={path} />}
      <Toasts />
    </div>
  );
}

function Header({ path }: { path: string }) {
  const { t, locale, setLocale } = useI18n();
  const { user } = useSession();
  return (
    <header className="header">
      <div className="header-inner">
        <Link className="logo" href="/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path
              fill="currentColor"
              d="M6 6h20a3 3 0 0 1 3 3v4a3 3 0 0 0 0 6v4a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3v-4a3 3 0 0 0 0-6V9a3 3 0 0 1 3-3z"
            />
          </svg>
          Tiketi
        </Link>
        <nav className="nav" aria-label={t.nav.main}>
          <BasketLink />
          {user?.role === "admin" && (
            <NavLink href="/admin" path={path} label={t.nav.organiser} wide />
          )}
          {user && user.role !== "customer" && (
            <NavLink href="/door" path={path} label={t.nav.door} wide />
          )}
          {user && <NavLink href="/orders" path={path} label={t.nav.tickets} wide />}
          {user && <NavLink href="/profile" path={path} label={t.nav.profile} wide />}
          {user === null && <NavLink href={loginPath()} path={path} label={t.nav.login} wide />}
          <button
            type="button"
            className="nav-link"
            lang={locale === "ko" ? "en" : "ko"}
            onClick={() => setLocale(locale === "ko" ? "en" : "ko")}
          >
            <Icon name="globe" />
            {t.nav.language}
          </button>
        </nav>
      </div>
    </header>
  );
}

interface NavLinkProps {
  href: string;
  path: string;
  label: string;
  wide?: boolean;
}

function NavLink({ href, path, label, wide }: NavLinkProps) {
  return (
    <Link
      className="nav-link"
      href={href}
      data-wide={wide || undefined}
      aria-current={path.startsWith(href) ? "page" : undefined}
    >
      {label}
    </Link>
  );
}

function BasketLink() {
  const basket = useBasket();
  return basket && <BasketTimer holdId={basket.holdId} expiresAt={basket.expiresAt} />;
}

function BasketTimer({ holdId, expiresAt }: { holdId: string; expiresAt: string }) {
  const { t, format } = useI18n();
  const left = secondsUntil(expiresAt, useNow());
  const path = usePath();
  if (left <= 0 || path === `/holds/${holdId}`) return null;
  const clock = format.clock(left);
  return (
    <Link
      className="nav-link basket figures"
      href={`/holds/${holdId}`}
      aria-label={t.nav.basket(clock)}
    >
      <Icon name="ticket" />
      {clock}
    </Link>
  );
}

function Tabs({ path }: { path: string }) {
  const { t } = useI18n();
  const { user } = useSession();
  const events = path === "/" || path.startsWith("/events");
  return (
    <nav className="tabs" aria-label={t.nav.main}>
      <Tab href="/" icon="calendar" label={t.nav.events} current={events} />
      {user && (
        <Tab
          href="/orders"
          icon="ticket"
          label={t.nav.tickets}
          current={path.startsWith("/orders")}
        />
      )}
      {user?.role === "admin" && (
        <Tab
          href="/admin"
          icon="chart"
          label={t.nav.organiser}
          current={path.startsWith("/admin")}
        />
      )}
      {user && user.role !== "customer" && (
        <Tab href="/door" icon="scan" label={t.nav.door} current={path.startsWith("/door")} />
      )}
      <Tab
        href={user ? "/profile" : loginPath()}
        icon="user"
        label={user ? t.nav.profile : t.nav.login}
        current={path === "/profile" || path === "/login" || path === "/signup"}
      />
    </nav>
  );
}

interface TabProps {
  href: string;
  icon: IconName;
  label: string;
  current: boolean;
}

function Tab({ href, icon, label, current }: TabProps) {
  return (
    <Link className="tab" href={href} aria-current={current ? "page" : undefined}>
      <Icon name={icon} />
      {label}
    </Link>
  );
}
