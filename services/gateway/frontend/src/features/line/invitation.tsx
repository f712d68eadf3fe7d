import { useState } from "react";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Field } from "../../ui/controls.tsx";
import { failureText } from "../../ui/feedback.tsx";
import type { LineHandle } from "./use-line.ts";

interface Props {
  handle: LineHandle;
  /** Why there is no place yet: no code, or a wrong one. */
  problem: string;
}

/** Asks for the code of a sale by invitation. */
export default function Invitation({ handle, problem }: Props) {
  const { t } = useI18n();
  const [code, setCode] = useState("");
  const [tried, setTried] = useState("");
  const join = () => {
    setTried("");
    const answered = handle.line.onChange(() => {
      answered();
      setTried(code);
    });
    handle.line.stop();
    handle.line.start(code.trim());
  };
  const wrong = tried !== "" && code === tried;
  const text = problem === "invite_required" ? t.line.codeWrong : failureText(t, problem).lead;
  return (
    <form
      className="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        join();
      }}
    >
      <p className="soft">{t.line.codeLead}</p>
      <Field
        label={t.line.code}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        error={wrong ? text : null}
        autoComplete="off"
        required
      />
      <Button type="submit" wide>
        {t.line.codeJoin}
      </Button>
    </form>
  );
}
