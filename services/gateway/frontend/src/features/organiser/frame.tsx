import "./organiser.css";
import type { ReactNode } from "react";
import { useLoad } from "../../core/load.ts";
import { Link, usePath } from "../../core/router.tsx";
import { useTitle } from "../../core/title.ts";
import { Failure, Skeleton } from "../../ui/feedback.tsx";
import { PhaseBadge } from "../events/list.tsx";
import { type AdminEvent, organiser } from "./api.ts";
import { useOrganiserMessages } from "./messages.ts";

interface Props {
  eventId: string;
  children: (event: AdminEvent, changed: (event: AdminEvent) => void) => ReactNode;
}

/** One event of the organiser: its name, the tabs, and one of them. */
export function EventFrame({ eventId, children }: Props) {
  const o = useOrganiserMessages();
  const path = usePath();
  const { data, error, reload, set } = useLoad(`admin:${eventId}`, () => organiser.event(eventId));
  useTitle(data?.name);
  if (error && !data) return <Failure error={error} onRetry={reload} />;
  if (!data) return <Skeleton height="30rem" />;
  const base = `/admin/events/${eventId}`;
  const tabs: [string, string][] = [
    [base, o.tabs.live],
    [`${base}/edit`, o.tabs.edit],
    [`${base}/seats`, o.tabs.seats],
    [`${base}/orders`, o.tabs.orders],
    [`${base}/report`, o.tabs.report],
  ];
  return (
    <div className="admin">
      <header className="row between">
        <h1>{data.name}</h1>
        <PhaseBadge phase={data.phase} />
      </header>
      <nav className="admin-tabs" aria-label={data.name}>
        {tabs.map(([href, label]) => (
          <Link
            key={href}
            className="admin-tab"
            href={href}
            aria-current={path === href ? "page" : undefined}
          >
            {label}
          </Link>
        ))}
      </nav>
      {children(data, set)}
    </div>
  );
}

export function Figures({ figures }: { figures: [string, string][] }) {
  return (
    <dl className="figures-grid">
      {figures.map(([label, value]) => (
        <div className="figure" key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
