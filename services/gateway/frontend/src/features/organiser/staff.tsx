import "./organiser.css";
import { codeOf, type Role } from "@tiketi/client";
import { type FormEvent, useState } from "react";
import { useLoad } from "../../core/load.ts";
import { useSession } from "../../core/session.tsx";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Field, Select } from "../../ui/controls.tsx";
import { Failure, failureText, Notice, Skeleton, toast } from "../../ui/feedback.tsx";
import { organiser } from "./api.ts";
import { useOrganiserMessages } from "./messages.ts";

export default function StaffPage() {
  const { t } = useI18n();
  const o = useOrganiserMessages();
  const { user } = useSession();
  const { data, error, reload } = useLoad("staff", () => organiser.staff());
  const [problem, setProblem] = useState<string | null>(null);
  useTitle(o.staff);
  const give = (email: string, role: Role) => {
    setProblem(null);
    organiser.setRole(email, role).then(
      () => {
        toast(o.people.done);
        reload();
      },
      (failure: unknown) => setProblem(codeOf(failure)),
    );
  };
  if (error && !data) return <Failure error={error} onRetry={reload} />;
  return (
    <div className="admin">
      <header className="stack-tight">
        <h1>{o.staff}</h1>
        <p className="soft">{o.people.lead}</p>
      </header>
      {problem && (
        <Notice kind="bad">
          {problem === "not_found" ? o.people.unknown : failureText(t, problem).lead}
        </Notice>
      )}
      <GiveRole onGive={give} />
      {data ? (
        <ul className="admin-events">
          {data.staff.map((person) => (
            <li className="admin-event" key={person.id}>
              <strong>{person.name}</strong>
              {person.id !== user?.id && (
                <Button kind="danger" size="small" onClick={() => give(person.email, "customer")}>
                  {o.people.revoke}
                </Button>
              )}
              <span className="faint">
                {person.email} · {t.account.roles[person.role]}
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <Skeleton height="12rem" />
      )}
    </div>
  );
}

function GiveRole({ onGive }: { onGive: (email: string, role: Role) => void }) {
  const { t } = useI18n();
  const o = useOrganiserMessages();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("staff");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onGive(email.trim(), role);
    setEmail("");
  };
  return (
    <form className="card section-row" onSubmit={submit}>
      <Field
        label={o.people.email}
        type="email"
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        required
      />
      <Select
        label={o.people.role}
        value={role}
        onChange={(chosen) => setRole(chosen as Role)}
        options={(["staff", "admin"] as const).map((each) => ({
          value: each,
          label: t.account.roles[each],
        }))}
      />
      <Button type="submit">{o.people.set}</Button>
    </form>
  );
}
