import { codeOf } from "@tiketi/client";
import { type FormEvent, useState } from "react";
import { Link, navigate } from "../../core/router.tsx";
import { useSession } from "../../core/session.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Field } from "../../ui/controls.tsx";
import { failureText, Notice, toast } from "../../ui/feedback.tsx";
import { isEmail, PASSWORD_LENGTH } from "./rules.ts";

/** Asks for a link to a new password. The answer is the same for addresses without an account. */
export function ForgotPassword() {
  const { t } = useI18n();
  const [email, setEmail] = useState("");
  const [wrong, setWrong] = useState<string>();
  const [problem, setProblem] = useState<string | null>(null);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useTitle(t.account.forgotTitle);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrong(isEmail(email) ? undefined : t.account.emailInvalid);
    setProblem(null);
    if (!isEmail(email)) return;
    setBusy(true);
    api
      .requestPasswordReset(email)
      .then(
        () => setSentTo(email),
        (error: unknown) => setProblem(codeOf(error)),
      )
      .finally(() => setBusy(false));
  };

  return (
    <div className="stack">
      <header className="stack-tight">
        <h1>{t.account.forgotTitle}</h1>
        <p className="soft">{t.account.forgotLead}</p>
      </header>
      <div role="status">
        {sentTo && <Notice kind="good">{t.account.resetSent(sentTo)}</Notice>}
      </div>
      <form className="card stack" onSubmit={submit} noValidate>
        {problem && (
          <Notice kind="bad">
            {problem === "mail_unavailable"
              ? t.account.mailUnavailable
              : failureText(t, problem).lead}
          </Notice>
        )}
        <Field
          label={t.account.email}
          type="email"
          inputMode="email"
          autoComplete="email"
          value={email}
          error={wrong}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Button type="submit" wide busy={busy}>
          {t.account.sendLink}
        </Button>
      </form>
      <p className="soft">
        <Link href="/login">{t.account.login}</Link>
      </p>
    </div>
  );
}

/** Where the mailed link leads: its secret is the part after `#`, which no server's log sees. */
export function ResetPassword() {
  const { t } = useI18n();
  const { ended } = useSession();
  const [secret] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string>();
  const [problem, setProblem] = useState<string | null>(secret ? null : "reset_expired");
  const [busy, setBusy] = useState(false);
  useTitle(t.account.resetTitle);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const short = password.length < PASSWORD_LENGTH;
    setWrong(short ? t.account.passwordShort : undefined);
    setProblem(null);
    if (short) return;
    setBusy(true);
    api
      .resetPassword({ token: secret, password })
      .then(
        () => {
          ended();
          toast(t.account.resetDone);
          navigate("/login", { replace: true });
        },
        (error: unknown) => setProblem(codeOf(error)),
      )
      .finally(() => setBusy(false));
  };

  return (
    <div className="stack">
      <header className="stack-tight">
        <h1>{t.account.resetTitle}</h1>
        <p className="soft">{t.account.resetLead}</p>
      </header>
      {problem === "reset_expired" ? (
        <Notice kind="bad">
          {t.account.resetExpired} <Link href="/forgot-password">{t.account.sendLink}</Link>
        </Notice>
      ) : (
        <form className="card stack" onSubmit={submit} noValidate>
          {problem && <Notice kind="bad">{failureText(t, problem).lead}</Notice>}
          <Field
            label={t.account.newPassword}
            hint={t.account.passwordHint}
            type="password"
            autoComplete="new-password"
            value={password}
            error={wrong}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Button type="submit" wide busy={busy}>
            {t.account.resetTitle}
          </Button>
        </form>
      )}
    </div>
  );
}
