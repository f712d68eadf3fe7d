import "./line.css";
import type { Draw } from "@tiketi/client";
import { useState } from "react";
import { useLoad } from "../../core/load.ts";
import type { Params } from "../../core/router.tsx";
import { useSession } from "../../core/session.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, ButtonLink } from "../../ui/controls.tsx";
import { Failure, type Kind, Notice, Skeleton } from "../../ui/feedback.tsx";
import { verifyDraw } from "./verify-draw.ts";

export default function DrawPage({ params }: { params: Params }) {
  const id = params.id as string;
  const { t } = useI18n();
  const { data: draw, error, reload } = useLoad(`draw:${id}`, () => api.draw(id));
  useTitle(t.draw.title);
  if (error && !draw) return <Failure error={error} onRetry={reload} />;
  if (!draw) return <Skeleton height="24rem" />;
  return (
    <div className="stack">
      <header className="stack-tight">
        <h1>{t.draw.title}</h1>
        <p className="soft">{t.draw.lead}</p>
      </header>
      <Published draw={draw} />
      {draw.secret === null ? <Notice>{t.draw.before}</Notice> : <Check draw={draw} />}
      <section className="card stack-tight">
        <h2>{t.draw.algorithm}</h2>
        <code className="value">{draw.algorithm}</code>
      </section>
      <ButtonLink href={`/events/${id}/line`} kind="quiet">
        {t.seats.toLine}
      </ButtonLink>
    </div>
  );
}

function Published({ draw }: { draw: Draw }) {
  const { t, format } = useI18n();
  const { user } = useSession();
  const values: [string, string | null][] = [
    [t.draw.commitment, draw.commitment],
    [t.draw.secret, draw.secret],
    [t.draw.participants, draw.participants === null ? null : format.number(draw.participants)],
    [t.draw.user, user?.id ?? null],
  ];
  return (
    <dl className="card stack">
      {values
        .filter(([, value]) => value !== null)
        .map(([label, value]) => (
          <div className="stack-tight" key={label}>
            <dt className="field-label">{label}</dt>
            <dd>
              <code className="value">{value}</code>
            </dd>
          </div>
        ))}
    </dl>
  );
}

function Check({ draw }: { draw: Draw }) {
  const { t } = useI18n();
  const { user } = useSession();
  const [result, setResult] = useState<{ kind: Kind; text: string; number?: number } | null>(null);
  if (!globalThis.crypto?.subtle) return <Notice kind="warn">{t.draw.unavailable}</Notice>;
  const check = async () => {
    const place = await api.place(draw.event_id).catch(() => null);
    const verdict = await verifyDraw(draw, user?.id ?? "");
    if (!verdict.kept) setResult({ kind: "bad", text: t.draw.bad });
    else if (place?.number == null) setResult({ kind: "good", text: t.draw.okSecret });
    else if (place.number === verdict.number) {
      setResult({ kind: "good", text: t.draw.ok, number: verdict.number });
    } else if (draw.opened_at_us !== null && place.number >= draw.opened_at_us) {
      setResult({ kind: "good", text: t.draw.okSecret, number: place.number });
    } else setResult({ kind: "bad", text: t.draw.bad, number: place.number });
  };
  return (
    <section className="card stack">
      {result && (
        <Notice kind={result.kind}>
          <strong>{result.text}</strong>
          {result.number !== undefined && (
            <span className="figures">
              {t.draw.number}: {result.number}
            </span>
          )}
        </Notice>
      )}
      <Button wide onClick={() => void check()}>
        {t.draw.check}
      </Button>
    </section>
  );
}
