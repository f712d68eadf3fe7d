import { codeOf, type User } from "@tiketi/client";
import { type FormEvent, useState } from "react";
import { Link, navigate, usePath } from "../../core/router.tsx";
import { useSession } from "../../core/session.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import type { Messages } from "../../i18n/en.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Field } from "../../ui/controls.tsx";
import { failureText, Notice } from "../../ui/feedback.tsx";
import { type Refusal, RefusalNotice, refusalsOf, ruleAt } from "../../ui/refusals.tsx";
import { accountTexts } from "./field-texts.ts";
import { isEmail, PASSWORD_LENGTH } from "./rules.ts";

interface Form {
  email: string;
  password: string;
  name: string;
}

type Wrong = Partial<Record<keyof Form, string>>;

/** Log in and sign up: the same form, one field apart. */
export default function Enter() {
  const { t } = useI18n();
  const signup = usePath() === "/signup";
  const { signedIn } = useSession();
  const [form, setForm] = useState<Form>({ email: "", password: "", name: "" });
  const [wrong, setWrong] = useState<Wrong>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const [busy, setBusy] = useState(false);
  useTitle(signup ? t.account.signupTitle : t.account.loginTitle);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = check(form, signup, t);
    setWrong(found);
    setProblem(null);
    setRefusals([]);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    const { email, password } = form;
    const call: Promise<User> = signup ? api.signUp(form) : api.logIn({ email, password });
    call
      .then(
        (user) => {
          signedIn(user);
          navigate(nextPath(), { replace: true });
        },
        (error: unknown) => {
          setRefusals(refusalsOf(error, accountTexts(t)));
          setProblem(problemText(t, codeOf(error)));
        },
      )
      .finally(() => setBusy(false));
  };
  const field = (name: keyof Form) => ({
    value: form[name],
    error: wrong[name] ?? ruleAt(refusals, name),
    onChange: (event: { target: { value: string } }) =>
      setForm({ ...form, [name]: event.target.value }),
  });

  return (
    <div className="stack">
      <header className="stack-tight">
        <h1>{signup ? t.account.signupTitle : t.account.loginTitle}</h1>
        <p className="soft">{signup ? t.account.signupLead : t.account.loginLead}</p>
      </header>
      <form className="card stack" onSubmit={submit} noValidate>
        {refusals.length > 0 ? (
          <RefusalNotice lead={t.failures.invalid.lead} refusals={refusals} />
        ) : (
          problem && <Notice kind="bad">{problem}</Notice>
        )}
        {signup && (
          <Field
            label={t.account.name}
            hint={t.account.nameHint}
            autoComplete="name"
            {...field("name")}
          />
        )}
        <Field
          label={t.account.email}
          type="email"
          inputMode="email"
          autoComplete="email"
          {...field("email")}
        />
        <Field
          label={t.account.password}
          hint={signup ? t.account.passwordHint : undefined}
          type="password"
          autoComplete={signup ? "new-password" : "current-password"}
          {...field("password")}
        />
        <Button type="submit" wide busy={busy}>
          {signup ? t.account.signup : t.account.login}
        </Button>
      </form>
      {!signup && (
        <p className="soft">
          <Link href="/forgot-password">{t.account.forgot}</Link>
        </p>
      )}
      <p className="soft">
        {signup ? t.account.toLogin : t.account.toSignup}{" "}
        <Link href={(signup ? "/login" : "/signup") + location.search} replace>
          {signup ? t.account.login : t.account.signup}
        </Link>
      </p>
    </div>
  );
}

function check(form: Form, signup: boolean, t: Messages): Wrong {
  const wrong: Wrong = {};
  if (!isEmail(form.email)) wrong.email = t.account.emailInvalid;
  if (signup && form.password.length < PASSWORD_LENGTH) wrong.password = t.account.passwordShort;
  if (!form.password) wrong.password = t.account.required;
  if (signup && !form.name.trim()) wrong.name = t.account.required;
  return wrong;
}

function problemText(t: Messages, code: string): string {
  if (code === "invalid_credentials") return t.account.wrong;
  if (code === "email_taken") return t.account.taken;
  return failureText(t, code).lead;
}

/** Only paths of this app: a link to the login must not lead away from it. */
function nextPath(): string {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}
