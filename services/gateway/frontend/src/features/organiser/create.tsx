import "./organiser.css";
import { codeOf } from "@tiketi/client";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { navigate } from "../../core/router.tsx";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Field, Select } from "../../ui/controls.tsx";
import { failureText, Notice, toast } from "../../ui/feedback.tsx";
import { type Refusal, RefusalNotice, refusalsOf, ruleAt } from "../../ui/refusals.tsx";
import { organiser, type Policy } from "./api.ts";
import { type Draft, type DraftType, newDraft, newType, toNewEvent } from "./draft.ts";
import { eventTexts } from "./field-texts.ts";
import { LayoutEditor } from "./layout-editor.tsx";
import { useOrganiserMessages } from "./messages.ts";

const POLICIES: Policy[] = ["lobby", "first_come", "open", "invite"];

interface PartProps {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  /** What the server refused. */
  refusals: Refusal[];
}

export default function CreateEvent() {
  const { t } = useI18n();
  const o = useOrganiserMessages();
  const [draft, setDraft] = useState(() => newDraft(new Date()));
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const key = useRef(crypto.randomUUID());
  useTitle(o.newEvent);

  const set = (change: Partial<Draft>) => {
    key.current = crypto.randomUUID();
    setDraft((now) => ({ ...now, ...change }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    setRefusals([]);
    organiser
      .create(toNewEvent(draft), key.current)
      .then(
        (created) => {
          toast(o.form.created);
          navigate(`/admin/events/${created.id}`);
        },
        (error: unknown) => {
          setRefusals(refusalsOf(error, eventTexts(o)));
          setProblem(failureText(t, codeOf(error)).lead);
        },
      )
      .finally(() => setBusy(false));
  };
  const part = { draft, set, refusals };
  return (
    <form className="admin" onSubmit={submit}>
      <h1>{o.newEvent}</h1>
      <Basics {...part} />
      <Types {...part} />
      <Seating {...part} />
      <Queue {...part} />
      {refusals.length > 0 ? (
        <RefusalNotice lead={o.form.fix} refusals={refusals} />
      ) : (
        problem && <Notice kind="bad">{problem}</Notice>
      )}
      <Button type="submit" busy={busy} wide>
        {o.form.create}
      </Button>
    </form>
  );
}

function Basics({ draft, set, refusals }: PartProps) {
  const o = useOrganiserMessages();
  const text = (name: "name" | "venue" | "currency" | "maxPerUser", field: string) => ({
    value: draft[name],
    error: ruleAt(refusals, field),
    required: true,
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  });
  const time = (name: "startsAt" | "opensAt" | "closesAt", field: string) => ({
    type: "datetime-local",
    value: draft[name],
    error: ruleAt(refusals, field),
    required: true,
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  });
  return (
    <section className="card stack">
      <h2>{o.form.basics}</h2>
      <div className="fields">
        <Field label={o.form.name} {...text("name", "name")} />
        <Field label={o.form.venue} {...text("venue", "venue")} />
        <Field label={o.form.startsAt} {...time("startsAt", "starts_at")} />
        <Field label={o.form.opensAt} {...time("opensAt", "sale_opens_at")} />
        <Field label={o.form.closesAt} {...time("closesAt", "sale_closes_at")} />
        <Field label={o.form.currency} {...text("currency", "currency")} pattern="[A-Z]{3}" />
        <Field
          label={o.form.maxPerUser}
          type="number"
          min="1"
          max="100"
          {...text("maxPerUser", "max_per_user")}
        />
      </div>
    </section>
  );
}

function Types({ draft, set, refusals }: PartProps) {
  const o = useOrganiserMessages();
  const change = (key: string, part: Partial<DraftType>) => {
    const before = draft.types.find((type) => type.key === key)?.name;
    set({
      types: draft.types.map((type) => (type.key === key ? { ...type, ...part } : type)),
      sections: draft.sections.map((section) =>
        part.name !== undefined && section.ticket_type === before
          ? { ...section, ticket_type: part.name }
          : section,
      ),
    });
  };
  return (
    <section className="card stack">
      <h2>{o.form.types}</h2>
      {draft.types.map((type, i) => (
        <div className="type-row" key={type.key}>
          <Field
            label={o.form.typeName}
            value={type.name}
            error={ruleAt(refusals, `ticket_types[${i}].name`)}
            onChange={(event) => change(type.key, { name: event.target.value })}
            required
          />
          <Field
            label={`${o.form.price} (${draft.currency})`}
            type="number"
            min="0"
            step="any"
            value={type.price}
            error={ruleAt(refusals, `ticket_types[${i}].price`)}
            onChange={(event) => change(type.key, { price: event.target.value })}
            required
          />
          <Select
            label={o.form.kind}
            value={type.kind}
            onChange={(kind) => change(type.key, { kind: kind as DraftType["kind"] })}
            options={[
              { value: "seated", label: o.form.seated },
              { value: "general", label: o.form.general },
            ]}
          />
          {type.kind === "general" && (
            <Field
              label={o.form.capacity}
              type="number"
              min="1"
              value={type.capacity}
              error={ruleAt(refusals, `ticket_types[${i}].capacity`)}
              onChange={(event) => change(type.key, { capacity: event.target.value })}
              required
            />
          )}
          <Button
            kind="danger"
            size="small"
            icon="cross"
            disabled={draft.types.length === 1}
            aria-label={o.form.removeType(type.name)}
            onClick={() => set({ types: draft.types.filter(({ key }) => key !== type.key) })}
          />
        </div>
      ))}
      <Button
        kind="quiet"
        size="small"
        icon="plus"
        onClick={() => set({ types: [...draft.types, newType()] })}
      >
        {o.form.addType}
      </Button>
    </section>
  );
}

function Seating({ draft, set, refusals }: PartProps) {
  const o = useOrganiserMessages();
  const names = draft.types.filter(({ kind }) => kind === "seated").map(({ name }) => name);
  const joined = names.join("\n");
  const types = useMemo(() => (joined ? joined.split("\n") : []), [joined]);
  return (
    <section className="card stack">
      <h2>{o.form.layout}</h2>
      <LayoutEditor
        sections={draft.sections}
        types={types}
        refusals={refusals}
        onChange={(sections) => set({ sections })}
      />
    </section>
  );
}

function Queue({ draft, set, refusals }: PartProps) {
  const o = useOrganiserMessages();
  const number = (
    name: "capacity" | "perSecond" | "admissionSeconds" | "lobbySeconds",
    field: string,
  ) => ({
    type: "number",
    min: "0",
    step: "any",
    value: draft[name],
    error: ruleAt(refusals, field),
    required: true,
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  });
  const wrongCodes = ruleAt(refusals, "queue.invite_codes");
  return (
    <section className="card stack">
      <h2>{o.form.queue}</h2>
      <div className="fields">
        <Select
          label={o.form.policy}
          value={draft.policy}
          onChange={(policy) => set({ policy: policy as Policy })}
          options={POLICIES.map((each) => ({ value: each, label: o.form.policies[each] }))}
        />
        <Field label={o.form.queueCapacity} {...number("capacity", "queue.capacity")} />
        <Field label={o.form.perSecond} {...number("perSecond", "queue.per_second")} />
        <Field
          label={o.form.admissionSeconds}
          {...number("admissionSeconds", "queue.admission_seconds")}
        />
        {draft.policy === "lobby" && (
          <Field label={o.form.lobbySeconds} {...number("lobbySeconds", "queue.lobby_seconds")} />
        )}
      </div>
      <div className="field">
        <label className="field-label" htmlFor="codes">
          {o.form.codes}
        </label>
        <textarea
          id="codes"
          className="input textarea"
          aria-invalid={wrongCodes ? true : undefined}
          aria-describedby={wrongCodes ? "codes-error" : undefined}
          value={draft.codes}
          onChange={(event) => set({ codes: event.target.value })}
        />
        {wrongCodes && (
          <span className="field-error" id="codes-error" role="alert">
            {wrongCodes}
          </span>
        )}
      </div>
    </section>
  );
}
