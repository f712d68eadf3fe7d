import { codeOf } from "@tiketi/client";
import { type FormEvent, useState } from "react";
import type { Params } from "../../core/router.tsx";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Confirm, Field } from "../../ui/controls.tsx";
import { failureText, Notice, toast } from "../../ui/feedback.tsx";
import { type Refusal, RefusalNotice, refusalsOf, ruleAt } from "../../ui/refusals.tsx";
import { type AdminEvent, organiser } from "./api.ts";
import { fromSmallest, instant, localTime, toSmallest } from "./draft.ts";
import { eventTexts } from "./field-texts.ts";
import { EventFrame } from "./frame.tsx";
import { useOrganiserMessages } from "./messages.ts";

export default function EditPage({ params }: { params: Params }) {
  return (
    <EventFrame eventId={params.id as string}>
      {(event, changed) => <Edit event={event} onChanged={changed} />}
    </EventFrame>
  );
}

interface Props {
  event: AdminEvent;
  onChanged: (event: AdminEvent) => void;
}

function Edit({ event, onChanged }: Props) {
  const { t } = useI18n();
  const o = useOrganiserMessages();
  const [form, setForm] = useState({
    name: event.name,
    venue: event.venue,
    starts_at: localTime(new Date(event.starts_at)),
    sale_opens_at: localTime(new Date(event.sale_opens_at)),
    sale_closes_at: localTime(new Date(event.sale_closes_at)),
    max_per_user: String(event.max_per_user),
  });
  const [prices, setPrices] = useState(
    event.ticket_types.map(({ price }) => fromSmallest(price, event.currency)),
  );
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [cancelling, setCancelling] = useState(false);

  const send = (change: object) => {
    setBusy(true);
    setProblem(null);
    setRefusals([]);
    organiser
      .change(event.id, change)
      .then(
        (after) => {
          onChanged(after);
          toast(t.common.saved);
        },
        (error: unknown) => {
          setRefusals(refusalsOf(error, eventTexts(o)));
          setProblem(failureText(t, codeOf(error)).lead);
        },
      )
      .finally(() => {
        setBusy(false);
        setCancelling(false);
      });
  };
  const save = (submitted: FormEvent) => {
    submitted.preventDefault();
    send({
      ...form,
      starts_at: instant(form.starts_at),
      sale_opens_at: instant(form.sale_opens_at),
      sale_closes_at: instant(form.sale_closes_at),
      max_per_user: Number(form.max_per_user),
      ticket_types: event.ticket_types.map(({ id }, i) => ({
        id,
        price: toSmallest(prices[i] ?? "", event.currency),
      })),
    });
  };
  const field = (name: keyof typeof form) => ({
    value: form[name],
    error: ruleAt(refusals, name),
    required: true,
    onChange: (change: { target: { value: string } }) =>
      setForm({ ...form, [name]: change.target.value }),
  });
  return (
    <>
      <form className="card stack" onSubmit={save}>
        {refusals.length > 0 ? (
          <RefusalNotice lead={o.form.fix} refusals={refusals} />
        ) : (
          problem && <Notice kind="bad">{problem}</Notice>
        )}
        <div className="fields">
          <Field label={o.form.name} {...field("name")} />
          <Field label={o.form.venue} {...field("venue")} />
          <Field label={o.form.startsAt} type="datetime-local" {...field("starts_at")} />
          <Field label={o.form.opensAt} type="datetime-local" {...field("sale_opens_at")} />
          <Field label={o.form.closesAt} type="datetime-local" {...field("sale_closes_at")} />
          <Field label={o.form.maxPerUser} type="number" min="1" {...field("max_per_user")} />
          {event.ticket_types.map((type, i) => (
            <Field
              key={type.id}
              label={`${type.name} (${event.currency})`}
              type="number"
              min="0"
              step="any"
              value={prices[i] ?? ""}
              error={ruleAt(refusals, `ticket_types[${i}].price`)}
              onChange={(change) =>
                setPrices(prices.map((price, at) => (at === i ? change.target.value : price)))
              }
              required
            />
          ))}
        </div>
        <p className="faint">{o.form.layoutFixed}</p>
        <Button type="submit" busy={busy}>
          {o.form.save}
        </Button>
      </form>
      {!event.cancelled && (
        <div>
          <Button kind="danger" onClick={() => setCancelling(true)}>
            {o.form.cancel}
          </Button>
        </div>
      )}
      {cancelling && (
        <Confirm
          title={o.form.cancelTitle}
          lead={o.form.cancelLead}
          confirm={o.form.cancel}
          keep={o.form.keep}
          busy={busy}
          onConfirm={() => send({ cancelled: true })}
          onClose={() => setCancelling(false)}
        />
      )}
    </>
  );
}
