import { codeOf } from "@tiketi/client";
import { type FormEvent, useState } from "react";
import { navigate } from "../../core/router.tsx";
import { useSession } from "../../core/session.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Confirm, Field } from "../../ui/controls.tsx";
import { failureText, Notice, toast } from "../../ui/feedback.tsx";
import { type Refusal, refusalsOf, ruleAt } from "../../ui/refusals.tsx";
import { accountTexts } from "./field-texts.ts";

export default function Profile() {
  const { t } = useI18n();
  const { user, signedIn, signOut, ended } = useSession();
  const [name, setName] = useState(user?.name ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const [erasing, setErasing] = useState(false);
  useTitle(t.account.profileTitle);
  if (!user) return null;

  const attempt = (call: Promise<void>) => {
    setBusy(true);
    setProblem(null);
    setRefusals([]);
    call
      .catch((error: unknown) => {
        setProblem(codeOf(error));
        setRefusals(refusalsOf(error, accountTexts(t)));
      })
      .finally(() => {
        setBusy(false);
        setErasing(false);
      });
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    attempt(
      api.updateMe({ name: name.trim() }).then((changed) => {
        signedIn(changed);
        toast(t.common.saved);
      }),
    );
  };
  const erase = () =>
    attempt(
      api.eraseMe().then(() => {
        ended();
        navigate("/", { replace: true });
      }),
    );

  return (
    <div className="stack">
      <h1>{t.account.profileTitle}</h1>
      {problem && <Notice kind="bad">{failureText(t, problem).lead}</Notice>}
      <form className="card stack" onSubmit={save}>
        <Field
          label={t.account.name}
          hint={t.account.nameHint}
          value={name}
          error={ruleAt(refusals, "name")}
          onChange={(event) => setName(event.target.value)}
          autoComplete="name"
          required
        />
        <dl className="facts">
          <div>
            <dt>{t.account.email}</dt>
            <dd>{user.email}</dd>
          </div>
          <div>
            <dt>{t.account.role}</dt>
            <dd>{t.account.roles[user.role]}</dd>
          </div>
        </dl>
        <Button type="submit" wide busy={busy} disabled={!name.trim() || name === user.name}>
          {t.common.save}
        </Button>
      </form>
      <div className="row between">
        <Button kind="quiet" onClick={() => attempt(signOut())}>
          {t.nav.logout}
        </Button>
        <Button kind="danger" onClick={() => setErasing(true)}>
          {t.account.erase}
        </Button>
      </div>
      {erasing && (
        <Confirm
          title={t.account.eraseTitle}
          lead={t.account.eraseLead}
          confirm={t.account.eraseConfirm}
          keep={t.common.cancel}
          busy={busy}
          onConfirm={erase}
          onClose={() => setErasing(false)}
        />
      )}
    </div>
  );
}
